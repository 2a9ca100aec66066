"""Signals become one exception in the main thread, never in the middle of a store write."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from stagecraft.errors import InterruptedRunError

STOPPING = (signal.SIGHUP, signal.SIGINT, signal.SIGTERM)


class Signals:
    """Raises InterruptedRunError for the first signal only, so that what it interrupts can be recorded.

    SIGTERM and SIGHUP skip `finally` by default; this makes them unwind like an exception.
    """

    def __init__(self) -> None:
        self._held = 0
        self._pending: int | None = None
        self._raised = False

    def install(self) -> None:
        """Handle the stopping signals; only the main thread may call this."""
        for number in STOPPING:
            if signal.getsignal(number) is not signal.SIG_IGN:  # `nohup` stays in force
                signal.signal(number, self.handle)

    def handle(self, number: int, _frame: FrameType | None = None) -> None:
        """Raise, unless a write is under way (then when it ends) or a signal has been raised already."""
        if self._held:
            self._pending = number
            return
        if not self._raised:
            self._raised = True
            raise InterruptedRunError(number, f"stopped by {signal.Signals(number).name}")

    @contextmanager
    def shield(self) -> Iterator[None]:
        """Hold signals back while the body runs."""
        self._held += 1
        try:
            yield
        finally:
            self._held -= 1
            if self._pending is not None and not self._held:
                number, self._pending = self._pending, None
                self.handle(number)
