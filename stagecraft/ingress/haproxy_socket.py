"""What is said to HAProxy's runtime socket, and what it answers. Pure.

See the management guide of HAProxy, "Unix Socket commands"; the docstring of `haproxy` says what slots are.
"""

import csv
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from stagecraft.ingress.haproxy_file import PREFIX
from stagecraft.model.ingress import Duty, Share

STATE = "show servers state;show stat -1 4 -1"
"""The commands that tell the state of every server and how many requests it has."""
_FORCED_MAINTENANCE, _FORCED_DRAIN = 0x01, 0x08
"""Bits of `srv_admin_state` (HAProxy management guide, `show servers state`)."""
_CHECK_IN_PROGRESS = 0x01
"""A bit of `srv_check_state`."""


class Server(NamedTuple):
    """One server of a backend, as it is now."""

    backend: str
    name: str
    address: str
    admin: int
    weight: int
    in_flight: int
    is_asked: bool
    """A check is under way, of whoever had the address when it began."""

    @property
    def is_slot(self) -> bool:
        return self.name.startswith("slot")

    @property
    def duty(self) -> Duty | None:
        """Return what it does; None if it has nothing to do."""
        if not self.is_slot:
            return Duty.STANDS_BY if self.address != "-" else None
        if self.admin & _FORCED_MAINTENANCE:
            return None
        return Duty.DRAINS if self.admin & _FORCED_DRAIN else Duty.SERVES


def commands(backend: str, port: int, shares: Sequence[Share], present: Sequence[Server]) -> Iterator[str]:
    """Yield what brings one backend's slots to `shares`: first who is to serve, then who is not."""
    slots = [server for server in present if server.backend == backend and server.is_slot]
    if not slots:
        raise ValueError(f"it has no backend `{backend}`")
    chosen = _chosen(slots, shares)
    draining = {slot.name for slot in slots if slot.duty is Duty.DRAINS}
    for name, share in chosen.items():
        if name in draining:  # its checks may have found nobody: leaving maintenance makes it up at once
            yield f"set server {backend}/{name} state maint"
        yield f"set server {backend}/{name} addr {share.address} port {port}"
        yield f"set server {backend}/{name} weight {share.weight}"
        yield f"set server {backend}/{name} state ready"
    for slot in slots:
        if slot.name not in chosen and slot.duty:
            state = "drain" if slot.duty is Duty.SERVES or slot.in_flight else "maint"
            yield f"set server {backend}/{slot.name} state {state}"


def _chosen(slots: Sequence[Server], shares: Sequence[Share]) -> dict[str, Share]:
    """Return a slot for each container: its own, if that serves, else one that has nothing to do.

    Not one that drains, as long as there are others: a check of who had the address before may be under way,
    and take the slot down when it ends, although it serves somebody else by then.
    """
    wanted = {share.address: share for share in shares}
    chosen: dict[str, Share] = {}
    for slot in slots:
        if slot.duty is Duty.SERVES and slot.address in wanted:
            chosen[slot.name] = wanted.pop(slot.address)
    idle = [slot for slot in slots if not slot.duty or (slot.duty is Duty.DRAINS and not slot.in_flight)]
    free = sorted(idle, key=lambda slot: (slot.duty is not None, slot.is_asked))
    if len(wanted) > len(free):
        raise ValueError(f"it has {len(slots)} slots for each service and none is free")
    return chosen | {slot.name: share for slot, share in zip(free, wanted.values(), strict=False)}


def servers(reply: str) -> tuple[Server, ...]:
    """Return the servers of our backends. Raises ValueError: the reply does not tell them."""
    states = _rows(reply, "# be_id ", " ")
    stats = {(row["pxname"], row["svname"]): row for row in _rows(reply, "# pxname,", ",")}
    return tuple(
        Server(
            backend=row["be_name"],
            name=row["srv_name"],
            address=row["srv_addr"],
            admin=int(row["srv_admin_state"]),
            weight=int(row["srv_uweight"]),
            in_flight=sum(int(stats[row["be_name"], row["srv_name"]][key]) for key in ("scur", "qcur")),
            is_asked=bool(int(row["srv_check_state"]) & _CHECK_IN_PROGRESS),
        )
        for row in states
        if row["be_name"].startswith(PREFIX)
    )


def _rows(reply: str, header: str, delimiter: str) -> list[dict[str, str]]:
    """Return the table whose first line begins so; it ends at an empty line."""
    lines = reply.splitlines()
    start = next((number for number, line in enumerate(lines) if line.startswith(header)), None)
    if start is None:
        raise ValueError(f"no `{header.strip()}` in what it says")
    end = next((number for number in range(start, len(lines)) if not lines[number]), len(lines))
    return list(
        csv.DictReader([lines[start].removeprefix("# "), *lines[start + 1 : end]], delimiter=delimiter)
    )
