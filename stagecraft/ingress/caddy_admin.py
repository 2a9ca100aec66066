"""What is said to Caddy's admin interface, and what it answers: HTTP on one connection. Pure.

See https://caddyserver.com/docs/api. A load that has an effect restarts the interface, which closes the
connection after its answer, so a load is the last request of its connection.
"""

import json
from typing import Any, NamedTuple

HOST = "localhost:2019"
_CADDYFILE, _JSON = "text/caddyfile", "application/json"


class Answer(NamedTuple):
    """One answer of the interface."""

    status: int
    body: str


def questions(file: str) -> str:
    """Return the requests for what `file` means now, for what is loaded, and for what is in flight."""
    return (
        _request("POST", "/adapt", f"import {file}\n", _CADDYFILE)
        + _request("GET", "/config/")
        + _request("GET", "/reverse_proxy/upstreams", last=True)
    )


def load(config: dict[str, Any]) -> str:
    """Return the request that puts a configuration in place of the one that is loaded."""
    return _request("POST", "/load", json.dumps(config, sort_keys=True), _JSON, last=True)


def answers(reply: str) -> list[Answer]:
    """Return every answer in a reply. Raises ValueError: it is no HTTP, or not whole."""
    rest, found = reply.encode("utf-8", "surrogateescape"), []
    while rest.strip():
        head, end, rest = rest.partition(b"\r\n\r\n")
        version, _, status = head.partition(b"\r\n")[0].partition(b" ")
        if not (end and version.startswith(b"HTTP/1.") and status[:3].isdigit()):
            raise ValueError("its admin interface does not speak HTTP")
        fields = dict(_field(line) for line in head.split(b"\r\n")[1:])
        if fields.get(b"transfer-encoding") == b"chunked":
            body, rest = _chunks(rest)
        else:
            length = int(fields.get(b"content-length", b"0"))
            body, rest = rest[:length], rest[length:]
        found.append(Answer(int(status[:3]), body.decode("utf-8", "surrogateescape")))
    return found


def _request(method: str, path: str, body: str = "", content: str = "", *, last: bool = False) -> str:
    lines = [f"{method} {path} HTTP/1.1", f"Host: {HOST}"]
    if body:
        lines += [f"Content-Type: {content}", f"Content-Length: {len(body.encode())}"]
    if last:
        lines.append("Connection: close")
    return "\r\n".join([*lines, "", body])


def _field(line: bytes) -> tuple[bytes, bytes]:
    name, _, value = line.partition(b":")
    return name.strip().lower(), value.strip().lower()


def _chunks(rest: bytes) -> tuple[bytes, bytes]:
    """Return a chunked body and what follows it (RFC 9112, 7.1)."""
    body = b""
    while True:
        size, _, rest = rest.partition(b"\r\n")
        length = int(size.partition(b";")[0] or b"x", 16)
        if not length:
            trailing = b"" if rest.startswith(b"\r\n") else b"\r\n"
            return body, rest.partition(trailing + b"\r\n")[2]
        body, rest = body + rest[:length], rest[length:].removeprefix(b"\r\n")
