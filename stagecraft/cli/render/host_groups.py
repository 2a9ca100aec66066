"""What became of the hosts, those with the same story taken together: thirty hosts in a few lines."""

from collections.abc import Mapping
from typing import NamedTuple

from stagecraft.cli.render.fates import named
from stagecraft.model.phase import HostStatus
from stagecraft.model.release import HostRecord

_WELL = (HostStatus.UPDATED, HostStatus.UNCHANGED, HostStatus.UNTOUCHED, HostStatus.PENDING)


class HostGroup(NamedTuple):
    """Hosts that ended the same way after the same actions."""

    hosts: tuple[str, ...]
    record: HostRecord

    @property
    def title(self) -> str:
        """Return the names; all of them if something went wrong there, so that each can be found."""
        return named(self.hosts) if self.record.status in _WELL else ", ".join(self.hosts)


def host_groups(hosts: Mapping[str, HostRecord]) -> list[HostGroup]:
    """Return the hosts in groups, in the order of their first hosts."""
    found: dict[tuple[object, ...], HostGroup] = {}
    for name, record in sorted(hosts.items()):
        key = (record.status, record.error, record.actions)
        known = found.get(key)
        found[key] = HostGroup((*known.hosts, name) if known else (name,), record)
    return list(found.values())
