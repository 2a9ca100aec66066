"""One OpenSSH session a host for a whole run: the engine's socket, the facts and the lock (spec/hosts.md)."""

import re
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Self

from stagecraft.errors import ConfigError, LockBusyError
from stagecraft.runtime.ssh_channel import Channel, ChannelEndedError, ChannelSlowError
from stagecraft.runtime.ssh_command import Target, reverse_command, ssh_command
from stagecraft.runtime.ssh_errors import lost, printable, slow, unfit, unreachable
from stagecraft.runtime.ssh_facts import HostFacts, parse_facts
from stagecraft.runtime.ssh_folder import CONTROL, private_folder
from stagecraft.runtime.ssh_guard import Guarded
from stagecraft.runtime.ssh_remote import remote_program

OPEN_SECONDS = 25.0
"""A session that is not ready by then is given up."""

_ANSWER_SECONDS = 15.0
"""More than the lease allows, so that a dead link is reported as what it is."""

_END_SECONDS = 2.0
_LOCK_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


class SshSession:
    """An open session. Its end, however it comes, takes the engine and the lock away together."""

    def __init__(self, target: Target, channel: Channel, socket: str, control: str = "") -> None:
        """Wrap a channel whose facts are not read yet; use `begin_session`."""
        self.target = target
        self._ready = False
        self._until = time.monotonic() + OPEN_SECONDS
        self._control = control
        self.docker_host = f"unix://{socket}"
        """The value for `DOCKER_HOST`."""
        self.facts: HostFacts
        self._channel = channel

    def alive(self) -> bool:
        """Return whether the engine, and the lock if it was taken, are still ours."""
        return self._channel.alive()

    def lock(self, name: str, note: str) -> None:
        """Take the host's lock `name`; `note` is one line for whoever finds it taken.

        Raises LockBusyError with the holder's note as its message; UnavailableError; ConfigError for a name
        that cannot be a file's.
        """
        if not _LOCK_NAME.fullmatch(name):
            raise ConfigError(f"`{name}` cannot be the name of a lock", hint="use letters, digits, `-`, `_`")
        self._channel.write(f"lock {name} {note.replace(chr(10), ' ')}")
        answer, _, rest = self._answer().partition(" ")
        if answer == "busy":
            raise LockBusyError(printable(rest), place=self.target.name)
        if answer != "locked":
            raise unfit(self.target, printable(rest))

    def leading_back(self, port: int) -> tuple[str, ...]:
        """Return the command that has this session lead `port` of the host to the same port here."""
        return reverse_command(self.target, self._control, port)

    def close(self) -> None:
        """Let the lock go, end `ssh`, remove the folder. Idempotent; returns when all that is done."""
        if self._ready and self._channel.alive():
            self._channel.write("end")
            self._channel.wait(_END_SECONDS)
        self._channel.end()

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close."""
        self.close()

    def wait(self, now: Callable[[], float] = time.time) -> Self:
        """Wait until the facts are known, and return itself; if that fails, the session is closed.

        Raises UnavailableError with a hint.
        """
        try:
            if not self._ready:
                self._read_facts(now)
        except BaseException:
            self.close()
            raise
        return self

    def _read_facts(self, now: Callable[[], float]) -> None:
        lines = []
        try:
            while (line := self._channel.read(self._until)) != "ready":
                if line.startswith("unusable "):
                    raise unfit(self.target, printable(line.removeprefix("unusable ")))
                lines.append(line)
        except ChannelEndedError as error:
            raise unreachable(self.target, error.log) from None
        except ChannelSlowError:
            raise slow(self.target, OPEN_SECONDS) from None
        self._ready = True
        try:
            self.facts = parse_facts(lines, now=now() - self._channel.since_ready())
        except (KeyError, ValueError, TypeError):
            raise unfit(self.target, "it does not say what it is") from None

    def _answer(self) -> str:
        try:
            return self._channel.read(time.monotonic() + _ANSWER_SECONDS)
        except (ChannelEndedError, ChannelSlowError):
            raise lost(self.target) from None


def begin_session(
    target: Target,
    *,
    environment: Mapping[str, str],
    leads_back: bool = False,
    descriptors: Sequence[int] = (),
    on_end: Callable[[str], None] = lambda _host: None,
    program: str = "",
) -> SshSession:
    """Start a session and return it at once; it is open once `SshSession.wait` has returned.

    `environment` is what `ssh` sees: the user's own. `leads_back`: whether it can be asked for
    `leading_back`. `descriptors` stay open as long as the session: the store's lock. `on_end` is called
    once, from another thread and with the host's name, when the session is over, closed or lost.
    `program` replaces the one for the host, in tests.

    Raises UnavailableError; ConfigError for a destination that is none.
    """
    folder = private_folder(environment)
    socket = f"{folder}/h.sock"
    control = f"{folder}/{CONTROL}" if leads_back else ""
    try:
        process = Guarded(
            ssh_command(target, socket, control),
            environment={**environment, "SSH_ASKPASS_REQUIRE": "never"},
            folder=folder,
            descriptors=descriptors,
        )
    except BaseException:
        folder.rmdir()
        raise
    channel = Channel(process, lambda: on_end(target.name))
    process.write(program or remote_program(target.engine))
    return SshSession(target, channel, socket, control)
