"""A run as OpenTelemetry sees it: spans in a tree (https://opentelemetry.io/docs/specs/otel/trace/api/)."""

from stagecraft.model.frozen import Frozen


class Moment(Frozen):
    """Something that happened within a span."""

    name: str
    at: float
    """Seconds since 1970."""
    attributes: dict[str, str]


class Span(Frozen):
    """One thing that took time."""

    id: str
    """16 hexadecimal digits."""
    parent: str | None
    """None: the span of whoever started the run, if that is known."""
    name: str
    begin: float
    """Seconds since 1970, as `end`."""
    end: float
    attributes: dict[str, str | int]
    error: str | None = None
    """What to say of a failure, possibly nothing; None if it is none."""
    moments: tuple[Moment, ...] = ()


class SpanTree(Frozen):
    """One trace, or the part of it that is a run."""

    trace_id: str
    """32 hexadecimal digits."""
    spans: tuple[Span, ...]
    """Each after its parent."""
    carrier: dict[str, str] = {}
    """`traceparent` and `tracestate` of the span that the first one belongs to (W3C Trace Context)."""
