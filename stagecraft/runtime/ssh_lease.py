"""When a session counts as lost: the client's half of the lease (spec/hosts.md)."""

BEAT = 2.0
"""Seconds between two beats."""

CLIENT_PATIENCE = 8.0
"""Seconds a beat may go unanswered; fewer than the host's: the engine is lost before the lock is free."""


class Lease:
    """Beats sent and answered. Times are seconds on a monotonic clock, given by the caller."""

    def __init__(self, now: float) -> None:
        self._sent: dict[int, float] = {}
        self._number = 0
        self._answered = now
        self._last = now

    def beat(self, now: float) -> int:
        """Note that a beat is sent now and return its number."""
        self._number += 1
        self._sent[self._number] = self._last = now
        return self._number

    def answered(self, number: int) -> None:
        """Note an answer: the host was there when that beat was *sent*, at least."""
        if (sent := self._sent.get(number)) is not None:
            self._answered = max(self._answered, sent)
            self._sent = {later: at for later, at in self._sent.items() if later > number}

    def due(self, now: float) -> float:
        """Return the seconds until the next beat; 0 if it is due."""
        return max(0.0, self._last + BEAT - now)

    def expired(self, now: float) -> bool:
        """Return whether the host may soon give the lock to somebody else."""
        return now - self._answered > CLIENT_PATIENCE
