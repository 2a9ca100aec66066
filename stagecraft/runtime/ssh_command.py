"""The OpenSSH command line of a session (spec/hosts.md)."""

import re
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
    "ControlMaster=no",
    "ControlPath=none",
    "ForwardAgent=no",
    "ForwardX11=no",
    "RequestTTY=no",
    "RemoteCommand=none",
)
_DESTINATION = re.compile(r"[^\s\-][^\s]*")

SHELL = "sh -c 'command -v bash >/dev/null && exec bash -s; exec sh -s'"
"""What the login shell is given: nothing in it that some shell would read differently."""


@dataclass(frozen=True)
class Reverse:
    """A port of the host's loopback that leads back to the client: `registry: local`."""

    port: int
    """On the host."""
    to: str
    """`address:port` on the client."""


@dataclass(frozen=True)
class Target:
    """A host as the configuration names it."""

    name: str
    ssh: str
    """An alias, `user@host` or `ssh://user@host:port`."""
    engine: str = DEFAULT_ENGINE
    """The engine's socket on the host."""


def ssh_command(target: Target, socket: str, reverse: Reverse | None = None) -> tuple[str, ...]:
    """Return the command line of a session whose engine appears at `socket`.

    Raises ConfigError for a destination that OpenSSH would read as something else.
    """
    options = _checked_options(target)
    forwards = ["-L", f"{socket}:{target.engine}"]
    if reverse:
        forwards += ["-R", f"127.0.0.1:{reverse.port}:{reverse.to}"]
    return ("ssh", *options, *forwards, "--", target.ssh, SHELL)


def tunnel_command(target: Target, forward: str) -> tuple[str, ...]:
    """Return the command line that does nothing but `-L forward`. Raises ConfigError as `ssh_command`."""
    return ("ssh", "-N", *_checked_options(target), "-L", forward, "--", target.ssh)


def _checked_options(target: Target) -> list[str]:
    if not _DESTINATION.fullmatch(target.ssh):
        raise ConfigError(
            f"`{target.ssh}` is not an SSH destination",
            hint="write an alias, `user@host` or `ssh://user@host:port`",
            place=target.name,
        )
    return [part for option in _OPTIONS for part in ("-o", option)]
