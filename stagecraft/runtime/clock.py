"""Real time."""

import threading
import time
from datetime import UTC, datetime


class SystemClock:
    """The machine's clock. `cancel` wakes everybody who sleeps, for good; it is safe in a signal handler.

    The gate is a bare lock that is never free before `cancel`: unlike `threading.Event`, releasing it cannot
    deadlock with the code that a signal handler interrupted.
    """

    def __init__(self) -> None:
        self._gate = threading.Lock()
        self._gate.acquire()

    def now(self) -> datetime:
        """Return the time, UTC, with whole seconds."""
        return datetime.now(UTC).replace(microsecond=0)

    def monotonic(self) -> float:
        """Return seconds that never go back."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Wait that many seconds, or until the run is cancelled."""
        if self._gate.acquire(timeout=max(0.0, seconds)):
            self._open()

    def cancel(self) -> None:
        """Let every sleep, now and later, return at once. Idempotent."""
        self._open()

    def _open(self) -> None:
        try:
            self._gate.release()
        except RuntimeError:  # somebody else has opened it already
            return
