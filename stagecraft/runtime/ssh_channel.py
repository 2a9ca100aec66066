"""Lines to and from the program on a host, and the client's half of the lease (spec/hosts.md)."""

import os
import queue
import selectors
import threading
import time
from collections.abc import Callable

from stagecraft.runtime.ssh_guard import Guarded
from stagecraft.runtime.ssh_lease import Lease
from stagecraft.runtime.ssh_remote import MARK


class ChannelEndedError(Exception):
    """The other side is gone; `log` is what `ssh` wrote to stderr."""

    def __init__(self, log: str) -> None:
        super().__init__(log)
        self.log = log


class ChannelSlowError(Exception):
    """No answer in time."""


class Channel:
    """Talks to one guarded process; its thread sends the beats and ends the process when they fail."""

    def __init__(self, process: Guarded, on_end: Callable[[], None]) -> None:
        """Begin to read. `on_end` is called once, from the thread, when the process is over."""
        self._process = process
        self._on_end = on_end
        self._lines: queue.Queue[str | None] = queue.Queue()
        self._lease: Lease | None = None
        self._ready = 0.0
        self._rest = b""
        self._log = ""
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="ssh", daemon=True)
        self._thread.start()

    def write(self, line: str) -> None:
        """Send a line."""
        self._process.write(f"{line}\n")

    def read(self, deadline: float) -> str:
        """Return the next line that is not a beat. Raises ChannelEndedError, ChannelSlowError."""
        try:
            line = self._lines.get(timeout=max(0.0, deadline - time.monotonic()))
        except queue.Empty:
            raise ChannelSlowError from None
        if line is None:
            self._lines.put(None)
            raise ChannelEndedError(self._log)
        return line

    def since_ready(self) -> float:
        """Return the seconds since the other side said `ready`; from then on beats are sent."""
        return time.monotonic() - self._ready

    def alive(self) -> bool:
        """Return whether the process still runs and its beats are answered."""
        return not self._over.is_set()

    def wait(self, seconds: float) -> None:
        """Wait until the process is over, but not longer."""
        self._over.wait(seconds)

    def end(self) -> None:
        """End the process now; returns when thread and process are gone."""
        self._process.end()
        if threading.current_thread() is not self._thread:
            self._thread.join()

    def _watch(self) -> None:
        try:
            with selectors.DefaultSelector() as selector:
                selector.register(self._process.output, selectors.EVENT_READ)
                while self._beat() and (not selector.select(self._pause()) or self._take()):
                    pass
        finally:
            self._log = self._process.log()
            self._process.end()
            self._process.release()
            self._over.set()
            self._lines.put(None)
            self._on_end()

    def _beat(self) -> bool:
        """Send a beat if one is due; return False once they have gone unanswered for too long."""
        now = time.monotonic()
        if self._lease is None:
            return True
        if self._lease.expired(now):
            return False
        if not self._lease.due(now):
            self.write(f"beat {self._lease.beat(now)}")
        return True

    def _pause(self) -> float:
        """Return how long to wait for input."""
        return 0.5 if self._lease is None else min(0.5, self._lease.due(time.monotonic()))

    def _take(self) -> bool:
        """Take what has come; return False at the end of the stream."""
        chunk = os.read(self._process.output, 65536)
        *lines, self._rest = (self._rest + chunk).split(b"\n")
        for line in lines:
            text = line.decode(errors="replace")
            if text.startswith(MARK):
                self._line(text.removeprefix(MARK))
        return bool(chunk)

    def _line(self, line: str) -> None:
        verb, _, number = line.partition(" ")
        if line == "ready":  # here, not where it is read: whoever opened the session may be busy elsewhere
            self._ready = time.monotonic()
            self._lease = Lease(self._ready)
        if verb != "beat":
            self._lines.put(line)
        elif self._lease and number.isdecimal():
            self._lease.answered(int(number))
