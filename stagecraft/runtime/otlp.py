"""Sends a trace to whoever OpenTelemetry's variables name, in bounded time (spec/telemetry.md)."""

import logging
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from urllib.parse import unquote, urlsplit

from stagecraft.model.span import SpanTree
from stagecraft.runtime.redact import Redactor

SECONDS = 5.0
"""How long sending may take, unless OTEL_BSP_EXPORT_TIMEOUT says something else."""
_LONGEST = 400
"""Characters of a reason that are told."""
_EXPORTER = "OTEL_TRACES_EXPORTER"
_ENDPOINT = "OTEL_EXPORTER_OTLP_{}ENDPOINT"
_PROTOCOL = "OTEL_EXPORTER_OTLP_{}PROTOCOL"
_HEADERS = "OTEL_EXPORTER_OTLP_{}HEADERS"


def deliver(tree: SpanTree, environ: Mapping[str, str]) -> str | None:
    """Send a trace; return why it was not delivered and what to do, or None if it was.

    `environ` has to be that of the process: the SDK reads its variables itself. Returns in time: what hangs
    is left to a thread that ends with the process.
    """
    if (exporter := environ.get(_EXPORTER)) and "otlp" not in exporter.split(","):
        return f"`{_EXPORTER}={exporter}` is not understood: it is `otlp` or `none`"
    if (protocol := _of(environ, _PROTOCOL)) not in ("", "http/protobuf"):
        return f"`{protocol}` is not spoken: set `{_PROTOCOL.format('')}=http/protobuf`, and its endpoint"
    receiver, seconds = _receiver(environ), _seconds(environ)
    heard: list[str] = []
    problems: list[str | None] = []

    def send() -> None:
        with _listening(heard):
            problems.append(_sent(tree, receiver))

    thread = threading.Thread(target=send, name="otlp", daemon=True)
    thread.start()
    thread.join(seconds)
    problem = problems[0] if problems else f"{receiver} did not take it within {seconds:g} s"
    return problem and shown(": ".join([problem, *heard[:1]]), environ)


def _sent(tree: SpanTree, receiver: str) -> str | None:
    try:
        from stagecraft.runtime.otel_spans import send  # noqa: PLC0415 - heavy, and may not be there
    except ImportError:
        return "OpenTelemetry is not installed; `pipx install --force 'stagecraft-cli[otel]'`"
    try:
        return None if send(tree) else f"{receiver} did not take it"
    except Exception as error:  # noqa: BLE001 - another's library must not decide how a release ends
        return f"{receiver} did not take it: {type(error).__name__}: {error}"


@contextmanager
def _listening(heard: list[str]) -> Iterator[None]:
    """Keep what libraries warn of; without a handler Python would print it."""

    class Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            if record.name.startswith("opentelemetry."):
                heard.append(record.getMessage())

    keep = Keep(logging.WARNING)
    logging.getLogger().addHandler(keep)
    try:
        yield
    finally:
        logging.getLogger().removeHandler(keep)


def _of(environ: Mapping[str, str], name: str) -> str:
    """Return the variable for traces, else that for everything."""
    return environ.get(name.format("TRACES_")) or environ.get(name.format("")) or ""


def _seconds(environ: Mapping[str, str]) -> float:
    milliseconds = environ.get("OTEL_BSP_EXPORT_TIMEOUT", "")
    return int(milliseconds) / 1000 if milliseconds.isdecimal() else SECONDS


def _receiver(environ: Mapping[str, str]) -> str:
    """Return where the trace was to go, without user, path and query."""
    url = urlsplit(_of(environ, _ENDPOINT) or "http://localhost:4318")
    return f"`{url.scheme}://{url.netloc.rpartition('@')[2]}`"


def shown(problem: str, environ: Mapping[str, str]) -> str:
    """Return the sentence without what the variables hold in confidence."""
    url = urlsplit(_of(environ, _ENDPOINT))
    headers = [pair.partition("=")[2].strip() for pair in _of(environ, _HEADERS).split(",")]
    hidden = [*headers, *map(unquote, headers), url.query, url.netloc.rpartition("@")[0]]
    redactor = Redactor()
    for value in hidden:
        redactor.add({"OTEL": value})
    text = redactor.redact(problem)
    return text if len(text) <= _LONGEST else text[:_LONGEST] + " ..."
