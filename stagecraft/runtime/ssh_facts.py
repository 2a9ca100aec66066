"""What a host says about itself before anything is done there (spec/hosts.md)."""

import ipaddress
from collections.abc import Iterable
from enum import StrEnum
from pathlib import PurePosixPath

from stagecraft.model.frozen import Frozen


class EngineSocket(StrEnum):
    """What the engine's socket on the host is to the user who logged in."""

    USABLE = "usable"
    DENIED = "denied"
    MISSING = "missing"


class Listener(Frozen):
    """A port somebody on the host listens on."""

    protocol: str
    """`tcp` or `udp`."""
    address: str
    """`0.0.0.0` and `::` are every address."""
    port: int


class HostFacts(Frozen):
    """The facts of one host, as the session found them."""

    user: str
    system: str
    """`Linux`"""
    architecture: str
    """As `uname -m` says: `x86_64`, `aarch64`."""
    clock_ahead: float
    """Seconds the host's clock is ahead of this machine's; exact to about a second."""
    engine: EngineSocket
    free: dict[str, int]
    """Mount point -> free bytes, local file systems."""
    listeners: tuple[Listener, ...]
    machine: str = ""
    """What tells the machine from others: its boot, and where its locks lie. Empty: it did not say."""

    def tcp_ports(self) -> frozenset[int]:
        """Return the TCP ports that somebody listens on, at whatever address."""
        return frozenset(listener.port for listener in self.listeners if listener.protocol == "tcp")

    def free_at(self, folder: str) -> int | None:
        """Return the free bytes of the file system that holds `folder`; None where the host did not say."""
        path = PurePosixPath(folder)
        for place in (path, *path.parents):
            if str(place) in self.free:
                return self.free[str(place)]
        return None


def parse_facts(lines: Iterable[str], *, now: float) -> HostFacts:
    """Return the facts of the lines between `hello` and `ready`; `now` is this machine's time, in seconds.

    Raises KeyError or ValueError where a line is missing or is not what the program prints.
    """
    single: dict[str, str] = {}
    free: dict[str, int] = {}
    listeners: list[Listener] = []
    for line in lines:
        key, _, rest = line.partition(" ")
        if key == "disk":
            kib, _, mount = rest.partition(" ")
            if kib.isdecimal():  # the first line of `df` is its heading
                free[mount] = int(kib) * 1024
        elif key == "port":
            listeners.append(_listener(*rest.split(" ")))
        else:
            single[key] = rest
    return HostFacts(
        user=single["user"],
        system=single["system"],
        architecture=single["architecture"],
        clock_ahead=int(single["clock"]) - now,
        engine=EngineSocket(single["engine"]),
        free=free,
        listeners=tuple(listeners),
        machine=single.get("machine", ""),
    )


def _listener(protocol: str, local: str) -> Listener:
    """Decode `/proc/net`: the address in 32-bit words of the host's byte order (little endian), the port."""
    address, _, port = local.partition(":")
    words = bytes.fromhex(address)
    octets = b"".join(words[at : at + 4][::-1] for at in range(0, len(words), 4))
    return Listener(protocol=protocol[:3], address=str(ipaddress.ip_address(octets)), port=int(port, 16))
