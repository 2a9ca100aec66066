"""Our spans as OpenTelemetry's, and their export. The only module that imports it; `stagecraft-cli[otel]`.

The SDK reads the `OTEL_*` variables of this process: resource, sampler, limits, and those of the exporter.
"""

from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import OTELResourceDetector, Resource
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import SpanExportResult
from opentelemetry.sdk.trace.id_generator import IdGenerator
from opentelemetry.trace import Status, StatusCode, set_span_in_context
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from stagecraft import __version__
from stagecraft.model.span import SpanTree

_BATCH = 512
"""Spans in one request, as in the SDK's own batches (OTEL_BSP_MAX_EXPORT_BATCH_SIZE)."""


def send(tree: SpanTree) -> bool:
    """Export a trace and return whether all of it was taken. May hang as long as the receiver does."""
    exporter = OTLPSpanExporter()
    try:
        spans = _made(tree)
        batches = (spans[start : start + _BATCH] for start in range(0, len(spans), _BATCH))
        return all(exporter.export(batch) is SpanExportResult.SUCCESS for batch in batches)
    finally:
        exporter.shutdown()  # type: ignore[no-untyped-call]


class _Ids(IdGenerator):
    """Gives the ids that the logs have told already."""

    def __init__(self, trace: str) -> None:
        self._trace = trace
        self.span = ""

    def generate_span_id(self) -> int:
        return int(self.span, 16)

    def generate_trace_id(self) -> int:
        return int(self._trace, 16)


class _Sampled(SpanProcessor):
    """Keeps what the sampler lets through."""

    def __init__(self) -> None:
        self.spans: list[ReadableSpan] = []

    def on_end(self, span: ReadableSpan) -> None:
        if span.context and span.context.trace_flags.sampled:
            self.spans.append(span)


def _made(tree: SpanTree) -> list[ReadableSpan]:
    ids, sampled = _Ids(tree.trace_id), _Sampled()
    provider = TracerProvider(resource=_resource(), id_generator=ids, shutdown_on_exit=False)
    provider.add_span_processor(sampled)
    tracer = provider.get_tracer("stagecraft", __version__)
    around: dict[str | None, Context] = {None: TraceContextTextMapPropagator().extract(tree.carrier)}
    for span in tree.spans:
        ids.span = span.id
        made = tracer.start_span(
            span.name,
            around[span.parent],
            attributes=dict(span.attributes),
            start_time=_nanoseconds(span.begin),
        )
        around[span.id] = set_span_in_context(made)
        for moment in span.moments:
            made.add_event(moment.name, dict(moment.attributes), _nanoseconds(moment.at))
        if span.error is not None:
            made.set_status(Status(StatusCode.ERROR, span.error or None))
        made.end(_nanoseconds(span.end))
    return sampled.spans


def _resource() -> Resource:
    """Return who we are; what the variables say of it counts more."""
    given = OTELResourceDetector().detect().attributes
    return Resource.create({"service.name": "stagecraft", "service.version": __version__, **given})


def _nanoseconds(seconds: float) -> int:
    return int(seconds * 1_000_000_000)
