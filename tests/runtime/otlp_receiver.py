"""A receiver of traces on loopback: HTTP, with bodies read by OpenTelemetry's own protocol buffers."""

import gzip
import os
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest


@dataclass(frozen=True)
class Received:
    """One span as it came over the wire."""

    trace_id: str
    id: str
    parent: str
    """Empty: none."""
    name: str
    begin: int
    """Nanoseconds since 1970, as `end`."""
    end: int
    attributes: Mapping[str, str | int]
    failed: bool
    error: str
    moments: tuple[tuple[str, Mapping[str, str | int]], ...]


@dataclass
class Receiver:
    """What came, and how the next requests are answered."""

    answer: int = 200
    """HTTP status; 0: none, the request hangs until `released`."""
    bodies: list[bytes] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    headers: list[Mapping[str, str]] = field(default_factory=list)
    released: threading.Event = field(default_factory=threading.Event)
    address: str = ""

    @property
    def environ(self) -> dict[str, str]:
        """Return the variables that lead here."""
        return {"OTEL_EXPORTER_OTLP_ENDPOINT": self.address}

    @property
    def requests(self) -> list[ExportTraceServiceRequest]:
        return [ExportTraceServiceRequest.FromString(body) for body in self.bodies]

    @property
    def spans(self) -> list[Received]:
        return [
            received(span)
            for request in self.requests
            for resource in request.resource_spans
            for scope in resource.scope_spans
            for span in scope.spans
        ]

    @property
    def resource(self) -> Mapping[str, str | int]:
        """Return what the first request says of the sender."""
        return values(self.requests[0].resource_spans[0].resource.attributes)

    def named(self, name: str) -> Received:
        """Return the only span of that name."""
        (found,) = (span for span in self.spans if span.name == name)
        return found

    def tree(self, *, commands: bool = False) -> list[str]:
        """Return the names, each below its parent and indented, siblings in the order they began."""
        shown = [span for span in self.spans if commands or "process.command_line" not in span.attributes]
        return list(_below("", sorted(shown, key=lambda span: (span.begin, -span.end)), _roots(self.spans)))


def _roots(spans: Sequence[Received]) -> set[str]:
    return {span.parent for span in spans} - {span.id for span in spans}


def _below(indent: str, spans: Sequence[Received], parents: set[str]) -> Iterator[str]:
    for span in spans:
        if span.parent in parents:
            yield f"{indent}{span.name}" + (f" FAILED {span.error}".rstrip() if span.failed else "")
            yield from _below(f"{indent}  ", spans, {span.id})


def received(span: Any) -> Received:
    return Received(
        trace_id=span.trace_id.hex(),
        id=span.span_id.hex(),
        parent=span.parent_span_id.hex(),
        name=span.name,
        begin=span.start_time_unix_nano,
        end=span.end_time_unix_nano,
        attributes=values(span.attributes),
        failed=span.status.code == 2,  # STATUS_CODE_ERROR
        error=span.status.message,
        moments=tuple((event.name, values(event.attributes)) for event in span.events),
    )


def values(pairs: Any) -> dict[str, str | int]:
    return {pair.key: getattr(pair.value, pair.value.WhichOneof("value")) for pair in pairs}


@contextmanager
def receiving(answer: int = 200) -> Iterator[Receiver]:
    """Yield a receiver that listens; afterwards nothing of it is left."""
    receiver = Receiver(answer)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if not receiver.answer:
                receiver.released.wait()
                return
            receiver.paths.append(self.path)
            receiver.headers.append(dict(self.headers))
            receiver.bodies.append(gzip.decompress(body) if self.headers["Content-Encoding"] else body)
            self.send_response(receiver.answer)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    receiver.address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield receiver
    finally:
        receiver.released.set()
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def surrounded(environ: Mapping[str, str]) -> Iterator[None]:
    """Have variables in this process, where the SDK looks for them."""
    before = dict(os.environ)
    os.environ.update(environ)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
