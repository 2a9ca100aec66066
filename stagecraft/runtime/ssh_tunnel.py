"""One TCP port that a host reaches, brought to this machine's loopback by OpenSSH (spec/hosts.md)."""

import select
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from stagecraft.errors import UnavailableError
from stagecraft.runtime.database_url import Dial
from stagecraft.runtime.ssh_command import Target, tunnel_command
from stagecraft.runtime.ssh_folder import private_folder
from stagecraft.runtime.ssh_guard import Guarded

OPEN_SECONDS = 20.0
_LOOPBACK = "127.0.0.1"


@contextmanager
def tunnel(target: Target, address: str, port: int, environment: Mapping[str, str]) -> Iterator[Dial]:
    """Yield where `address:port`, as the host sees it, is dialled from here.

    `environment` is what `ssh` sees: the user's own. Raises UnavailableError.
    """
    local = _free_port()
    process = Guarded(
        tunnel_command(target, f"{_LOOPBACK}:{local}:{address}:{port}"),
        environment={**environment, "SSH_ASKPASS_REQUIRE": "never"},
        folder=private_folder(environment),
    )
    try:
        _wait(process, target, local)
        yield Dial(_LOOPBACK, local)
    finally:
        process.end()
        process.release()


def _free_port() -> int:
    with socket.socket() as listening:
        listening.bind((_LOOPBACK, 0))
        port: int = listening.getsockname()[1]
        return port


def _wait(process: Guarded, target: Target, local: int) -> None:
    """Wait until the port is open: `ssh -N` gives its stdout up once it listens, and when it ends (ssh.c)."""
    select.select([process.output], [], [], OPEN_SECONDS)
    with socket.socket() as dialling:
        if dialling.connect_ex((_LOOPBACK, local)) == 0:
            return
    said = " ".join(process.log().split())
    raise UnavailableError(
        f"no port of its network can be forwarded{f': {said}' if said else ''}",
        place=f"host {target.name}",
        hint="does its sshd allow it (`AllowTcpForwarding`)?",
    )
