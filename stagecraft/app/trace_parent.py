"""Who started a run, as a CI job says it in its environment (W3C Trace Context, section 3.2)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

_TRACEPARENT = re.compile(
    r"(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(-.*)?"
)


@dataclass(frozen=True)
class TraceParent:
    """The span that a run belongs to."""

    trace_id: str
    carrier: Mapping[str, str] = field(default_factory=dict)
    """`traceparent` and `tracestate`, as they are."""


def parent_of(environ: Mapping[str, str]) -> TraceParent | None:
    """Return what `TRACEPARENT` names, or None if that is nothing to belong to."""
    header = environ.get("TRACEPARENT", "")
    found = _TRACEPARENT.fullmatch(header)
    if found is None or (found[2] and header.startswith("00-")):  # version 00 ends there
        return None
    state = environ.get("TRACESTATE")
    return TraceParent(found[1], {"traceparent": header, **({"tracestate": state} if state else {})})
