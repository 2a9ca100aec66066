"""Why a session did not open, in words (spec/hosts.md).

OpenSSH ends with 255 whatever happened, and only its text tells cases apart. It chooses the words of the
error, nothing else: every one is an UnavailableError. The texts are OpenSSH's own and never translated;
tests/e2e/test_ssh.py holds them against a real sshd.
"""

from collections.abc import Sequence

from stagecraft.errors import UnavailableError
from stagecraft.runtime.ssh_command import Target

_HINTS = (
    (
        "REMOTE HOST IDENTIFICATION HAS CHANGED",
        "its host key is not the one in known_hosts",
        "find out why before you trust it: a new machine, or somebody in between; then `ssh-keygen -R HOST`",
    ),
    (
        "Host key verification failed",
        "its host key is not known here",
        "compare the key, then accept it once: `ssh {ssh}`",
    ),
    (
        "Permission denied (",
        "it refused the login",
        "make `ssh -o BatchMode=yes {ssh} true` work: the user, the key, the agent",
    ),
    (
        "Could not resolve hostname",
        "its name is not known",
        "correct `ssh:`, or the alias in your SSH configuration",
    ),
)
_UNREACHABLE = ("it cannot be reached", "make `ssh -o BatchMode=yes {ssh} true` work")


def unreachable(target: Target, output: str) -> UnavailableError:
    """Return the error for a session that ended before it was ready; `output` is stderr of `ssh`."""
    what, hint = next(((what, hint) for text, what, hint in _HINTS if text in output), _UNREACHABLE)
    last = last_words(output.splitlines())
    return UnavailableError(
        f"{what}: `{last}`" if last else what, hint=hint.format(ssh=target.ssh), place=target.name
    )


def unfit(target: Target, why: str) -> UnavailableError:
    """Return the error for a host that lacks what a session needs."""
    return UnavailableError(
        f"it cannot be deployed to: {why}", hint="install `bash` and `flock` there", place=target.name
    )


def slow(target: Target, seconds: float) -> UnavailableError:
    """Return the error for a host that takes too long."""
    return UnavailableError(
        f"no session within {seconds:g} s", hint=_UNREACHABLE[1].format(ssh=target.ssh), place=target.name
    )


def last_words(lines: Sequence[str]) -> str:
    """Return the last line that says something, fit for a terminal."""
    said = [line.strip() for line in lines if line.strip()]
    return printable(said[-1]) if said else ""


def printable(text: str) -> str:
    """Return text from elsewhere without anything that could steer a terminal."""
    return "".join(character if character.isprintable() else "?" for character in text)


def lost(target: Target) -> UnavailableError:
    """Return the error for a session that ended while it was used."""
    return UnavailableError(
        "the connection was lost", hint=_UNREACHABLE[1].format(ssh=target.ssh), place=target.name
    )


def leads_nowhere(target: Target, port: int) -> UnavailableError:
    """Return the error for a port of the host that cannot be led back here."""
    return UnavailableError(
        f"port {port} there is taken, or its sshd leads no port back (`AllowTcpForwarding`)",
        hint=f"`ss -ltnp 'sport = :{port}'` there says who has it; `registry: {{local: PORT}}` takes another",
        place=target.name,
    )


def out_of_reach(target: Target, port: int) -> UnavailableError:
    """Return the error for an engine that does not reach a port of its own host's loopback."""
    return UnavailableError(
        f"its engine does not reach `localhost:{port}` of its own host",
        hint="a rootless engine has a network of its own: configure a registry that it reaches",
        place=target.name,
    )
