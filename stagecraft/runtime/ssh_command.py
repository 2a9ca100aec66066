"""The OpenSSH command line of a session (spec/hosts.md)."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from stagecraft.errors import ConfigError

DEFAULT_ENGINE = "/var/run/docker.sock"
_OPTIONS = (
    "BatchMode=yes",
    "StrictHostKeyChecking=yes",
    "ExitOnForwardFailure=yes",
    "StreamLocalBindUnlink=yes",
    "ConnectTimeout=10",
    "ServerAliveInterval=5",
    "ServerAliveCountMax=3",
    "ForwardAgent=no",
    "ForwardX11=no",
    "RequestTTY=no",
    "RemoteCommand=none",
)
_UNSHARED = ("ControlMaster=no", "ControlPath=none")
_DESTINATION = re.compile(r"[^\s\-][^\s]*")

SHELL = "sh -c 'command -v bash >/dev/null && exec bash -s; exec sh -s'"
"""What the login shell is given: nothing in it that some shell would read differently."""


@dataclass(frozen=True)
class Target:
    """A host as the configuration names it."""

    name: str
    ssh: str
    """An alias, `user@host` or `ssh://user@host:port`."""
    engine: str = DEFAULT_ENGINE
    """The engine's socket on the host."""


def ssh_command(target: Target, socket: str, control: str = "") -> tuple[str, ...]:
    """Return the command line of a session whose engine appears at `socket`.

    With `control`, more can be asked of the session over that socket, and only over that: `reverse_command`.

    Raises ConfigError for a destination that OpenSSH would read as something else.
    """
    mine = ("ControlMaster=yes", f"ControlPath={control}", "ControlPersist=no") if control else _UNSHARED
    return ("ssh", *_checked(target, mine), "-L", f"{socket}:{target.engine}", "--", target.ssh, SHELL)


def reverse_command(target: Target, control: str, port: int) -> tuple[str, ...]:
    """Return what has a session lead `port` of the host's loopback to the same port here.

    Without the user's configuration: it could hold other forwards. Exit code 0 once the host listens.
    """
    forward = f"127.0.0.1:{port}:127.0.0.1:{port}"
    return ("ssh", "-F", "none", "-S", control, "-O", "forward", "-R", forward, "--", target.ssh)


def tunnel_command(target: Target, forward: str) -> tuple[str, ...]:
    """Return the command line that does nothing but `-L forward`. Raises ConfigError as `ssh_command`."""
    return ("ssh", "-N", *_checked(target, _UNSHARED), "-L", forward, "--", target.ssh)


def _checked(target: Target, more: Sequence[str]) -> list[str]:
    if not _DESTINATION.fullmatch(target.ssh):
        raise ConfigError(
            f"`{target.ssh}` is not an SSH destination",
            hint="write an alias, `user@host` or `ssh://user@host:port`",
            place=target.name,
        )
    return [part for option in (*_OPTIONS, *more) for part in ("-o", option)]
