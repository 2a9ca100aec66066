"""How a step has progress recorded while it runs: its thread asks, the executor's thread writes."""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import NamedTuple

from stagecraft.engine.ports import Edit
from stagecraft.errors import StepFailedError


class Request(NamedTuple):
    """One edit that a step waits for."""

    edit: Edit
    written: "Future[None]"


class Recording:
    """The channel of one wave; `record` may be called from any thread."""

    def __init__(self, ask: Callable[[Request], None]) -> None:
        """`ask` hands a request to the executor's thread."""
        self._ask = ask
        self._mutex = threading.Lock()
        self._waiting: set[Future[None]] = set()
        self._closed = False

    def record(self, edit: Edit) -> None:
        """Return once the edit is durable. Raises what the store raised; StepFailedError if the run ends."""
        written: Future[None] = Future()
        with self._mutex:
            if self._closed:
                raise _ended()
            self._waiting.add(written)
            self._ask(Request(edit, written))
        written.result()

    def close(self) -> None:
        """Record nothing any more, and let go of everybody who waits. Idempotent."""
        with self._mutex:
            self._closed = True
            for written in self._waiting:
                if not written.done():
                    written.set_exception(_ended())
            self._waiting.clear()


def write(request: Request, change: Callable[[Edit], None]) -> None:
    """Write one edit in this thread and tell who waits for it. Raises what the store raises."""
    if request.written.done():
        return
    try:
        change(request.edit)
    except BaseException as error:
        request.written.set_exception(error)
        raise
    request.written.set_result(None)


def _ended() -> StepFailedError:
    return StepFailedError("the run has ended: nothing is recorded any more")
