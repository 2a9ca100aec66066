"""Sends one POST and reads nothing but the status line of the answer (spec/notices.md).

On a socket, with `http.client` in front: a library that reads an answer to its end, or follows it to another
URL, leaves to the other side how long that takes and where the notice goes.
"""

import re
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from stagecraft.runtime.notifying import NotSentError

BOUND = 1024
"""Bytes of an answer that are read."""
_STATUS = re.compile(rb"HTTP/1\.[01] ([1-5][0-9]{2})[ \r\n]")
_HEADERS = {
    "Content-Type": "application/json; charset=utf-8",
    "User-Agent": "stagecraft",
    "Connection": "close",
}


@dataclass(frozen=True)
class _Place:
    """Where a URL leads."""

    secure: bool
    host: str
    port: int
    target: str


def post(url: str, body: str, deadline: float, monotonic: Callable[[], float]) -> None:
    """Send `body` as JSON; done by `deadline`, on the scale of `monotonic`. Raises NotSentError.

    Only a name that the resolver does not find can take longer: who calls must not wait for this thread.
    """
    place = _place(url)

    def left() -> float:
        if (seconds := deadline - monotonic()) <= 0:
            raise TimeoutError
        return seconds

    try:
        status = _sent(place, body.encode(), left)
    except TimeoutError:
        raise NotSentError("no answer in time", again=True) from None
    except OSError as error:
        raise _trouble(error) from None
    if not 200 <= status < 300:
        moved = ", which is not followed" if 300 <= status < 400 else ""
        raise NotSentError(f"the answer was {status}{moved}", again=status == 429 or status >= 500)


def _place(url: str) -> _Place:
    """Return where a URL leads. Raises NotSentError if it is none that can be used."""
    wrong = NotSentError("its URL is not `http://` or `https://` with a host and without a user", again=False)
    try:
        parts = urlsplit(url.strip())
        port = parts.port
    except ValueError:
        raise wrong from None
    if parts.scheme not in ("http", "https") or not parts.hostname or "@" in parts.netloc:
        raise wrong
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    if not (target + parts.hostname).isascii() or not target.isprintable() or " " in target:
        raise wrong
    secure = parts.scheme == "https"
    return _Place(secure, parts.hostname, port or (443 if secure else 80), target)


def _sent(place: _Place, body: bytes, left: Callable[[], float]) -> int:
    """Send the request and return the status. Raises OSError, TimeoutError among them."""
    from http.client import HTTPConnection, HTTPSConnection  # noqa: PLC0415 - only who sends one waits for it

    kind = HTTPSConnection if place.secure else HTTPConnection
    connection = kind(place.host, place.port, timeout=left())
    try:
        connection.connect()
        line: socket.socket = connection.sock
        line.settimeout(left())
        connection.request("POST", place.target, body, _HEADERS)
        return _status(line, left)
    finally:
        connection.close()


def _status(line: socket.socket, left: Callable[[], float]) -> int:
    """Return the status of the answer, from its first line."""
    answer = b""
    while b"\n" not in answer and len(answer) < BOUND:
        line.settimeout(left())
        if not (more := line.recv(BOUND - len(answer))):
            break
        answer += more
    if not (found := _STATUS.match(answer)):
        raise ConnectionError(0, "the answer is not HTTP")
    return int(found[1])


def _trouble(error: OSError) -> NotSentError:
    """Return why nothing could be sent, in words without the URL."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return NotSentError(f"its certificate is refused: {error.verify_message}", again=False)
    return NotSentError(f"cannot be reached: {error.strerror or type(error).__name__}", again=True)
