"""Sends notices beside a run: a thread a target, three tries each, and never a moment longer than agreed.

The threads are daemons: what a name resolver or a webhook does to one of them cannot keep the process.
"""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from queue import SimpleQueue

from stagecraft.config.durations import spoken
from stagecraft.errors import InterruptedRunError, StagecraftError
from stagecraft.model.notice import Notice

PAUSES = (0.5, 1.0)
"""Seconds between the tries; one more try than pauses."""

Send = Callable[[Notice, float], None]
"""Sends one notice by a deadline. Raises NotSentError."""


class NotSentError(Exception):
    """Why a notice could not be sent; never quotes a URL. `again`: whether another try may go better."""

    def __init__(self, why: str, *, again: bool) -> None:
        super().__init__(why)
        self.again = again


@dataclass(frozen=True)
class Clock:
    """The part of a clock that tries need."""

    monotonic: Callable[[], float]
    sleep: Callable[[float], None]


class Courier:
    """Tells one target, one notice after the other."""

    def __init__(
        self,
        name: str,
        timeout: float,
        *,
        ready: Callable[[], Send],
        clock: Clock,
        tell: Callable[[str], None],
    ) -> None:
        """`ready` is called once, in the courier's thread; `tell` is told what failed, once."""
        self.timeout = timeout
        self._name = name
        self._ready = ready
        self._clock = clock
        self._tell = tell
        self._told = False
        self._mutex = threading.Lock()
        self._due: SimpleQueue[tuple[Notice, float] | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._work, name=f"notify {name}", daemon=True)

    def start(self) -> None:
        """Begin to get ready. Idempotent; returns at once."""
        if self._thread.ident is None:
            self._thread.start()

    def take(self, notice: Notice) -> None:
        """Have a notice sent; returns at once."""
        self._due.put((notice, self._clock.monotonic() + self.timeout))
        self.start()

    def finish(self) -> None:
        """Take nothing any more; what is under way goes on."""
        self._due.put(None)

    def wait(self, seconds: float) -> None:
        """Wait until everything is sent, at most that long; then it has failed."""
        if self._thread.ident is None:
            return
        self._thread.join(max(0.0, seconds))
        if self._thread.is_alive():
            self.fail(f"not done within {spoken(self.timeout)}")

    def fail(self, why: str) -> None:
        """Say, the first time, that a notice could not be sent."""
        with self._mutex:
            if not self._told:
                self._told = True
                self._tell(f"`{self._name}` could not be notified: {why}")

    def _work(self) -> None:
        try:
            send = self._ready()
            while work := self._due.get():
                self.deliver(send, *work)
        except StagecraftError as error:
            self.fail(error.message)
        except Exception as bug:  # noqa: BLE001 - a bug here must not decide anything, nor print a traceback
            self.fail(f"internal error: {type(bug).__name__}")

    def deliver(self, send: Send, notice: Notice, deadline: float) -> None:
        """Send one notice, trying again for what may pass while there is time."""
        for pause in (*PAUSES, None):
            try:
                send(notice, deadline)
            except NotSentError as failure:
                if not failure.again or pause is None or self._clock.monotonic() + pause >= deadline:
                    self.fail(str(failure))
                    return
                self._clock.sleep(pause)
            else:
                return


class Couriers:
    """All targets of a run."""

    def __init__(
        self,
        couriers: Sequence[tuple[Courier, Callable[[Notice], bool]]],
        monotonic: Callable[[], float],
        abandon: Callable[[], None],
    ) -> None:
        """Each courier comes with what it wants to know; `abandon` ends the programs that still run."""
        self._couriers = couriers
        self._monotonic = monotonic
        self._abandon = abandon

    def __bool__(self) -> bool:
        """Return whether anybody wants to know anything."""
        return bool(self._couriers)

    def start(self) -> None:
        """Let everybody get ready."""
        for courier, _ in self._couriers:
            courier.start()

    def take(self, notice: Notice) -> int:
        """Have a notice sent to whoever wants it; return how many do."""
        wanted = [courier for courier, wants in self._couriers if wants(notice)]
        for courier in wanted:
            courier.take(notice)
        return len(wanted)

    def close(self) -> None:
        """Wait until everything is sent, for each target at most its time; a signal ends the waiting."""
        try:
            began = self._monotonic()
            for courier, _ in self._couriers:
                courier.finish()
            for courier, _ in self._couriers:
                courier.wait(began + courier.timeout - self._monotonic())
        except InterruptedRunError:
            for courier, _ in self._couriers:
                courier.wait(0)
        self._abandon()
