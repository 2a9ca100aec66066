"""The trace of a run: what its log lines refer to, and what is sent when it is over (spec/telemetry.md)."""

import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from stagecraft.cli.render.internal import internal_text
from stagecraft.errors import InterruptedRunError

if TYPE_CHECKING:
    from stagecraft.app.trace import Trace
    from stagecraft.model.events import Event

_ENDPOINTS = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")


class Telemetry:
    """Takes the events of a run, if anybody wants its trace. Decides nothing and costs nothing otherwise."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self.logs = False
        """Whether log lines refer to the trace."""
        self.trace: Trace | None = None

    def begin(self) -> None:
        """Begin the trace of a run, if anybody wants it."""
        if self.logs or wanted(self._environ):
            from secrets import token_hex

            from stagecraft.app.trace import Trace
            from stagecraft.app.trace_parent import parent_of

            self.trace = Trace(steady(), token_hex, parent_of(self._environ))

    def take(self, event: "Event") -> None:
        """Take one event."""
        if self.trace is not None:
            self.trace.take(event)

    def end(self, code: int, tell: Callable[[str, str], None]) -> None:
        """Send the trace, if there is one and somewhere to send it; a problem is a note, whatever it is."""
        if self.trace is None or not wanted(self._environ):
            return
        try:
            if problem := _sent(self.trace, code, self._environ):
                tell(f"note: the trace was not sent: {problem}", "warn")
        except InterruptedRunError:
            tell("note: the trace was not sent: you did not want to wait for it", "warn")
        except Exception as bug:  # noqa: BLE001  how the release ended is certain already
            tell(internal_text(bug), "error")


def _sent(trace: "Trace", code: int, environ: Mapping[str, str]) -> str | None:
    """Send the trace of a run that took a number; return why it could not be sent."""
    tree = trace.tree(code)
    if tree is None:
        return None
    from stagecraft.runtime.otlp import deliver

    return deliver(tree, environ)


def steady() -> Callable[[], float]:
    """Return a clock of seconds since 1970 that never goes back, whatever is done to the machine's."""
    origin = time.time() - time.monotonic()
    return lambda: origin + time.monotonic()


def wanted(environ: Mapping[str, str]) -> bool:
    """Return whether the variables ask for traces."""
    if environ.get("OTEL_SDK_DISABLED", "").lower() == "true":
        return False
    if exporter := environ.get("OTEL_TRACES_EXPORTER"):
        return exporter != "none"
    return any(environ.get(name) for name in _ENDPOINTS)
