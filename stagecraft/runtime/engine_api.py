"""Questions to an engine at its socket: the Docker Engine API, without a `docker` in between.

HTTP/1.0 and a connection each: a reply ends where its connection does, and ten take no longer than one. Paths
have no version, which is the engine's newest (spec/decisions/0005-looking-at-the-engines-socket.md).
"""

import json
import selectors
import socket
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

TOGETHER = 64
"""Questions at once: fewer than OpenSSH lets wait at a forwarded socket (`SSH_LISTEN_BACKLOG`, 128)."""
_TICK = 0.1
_CHUNK = 65536


@dataclass(frozen=True)
class Reply:
    """What an engine answered."""

    status: int
    """As in HTTP: 200, 404."""
    content: Any
    """The JSON of the body."""

    @property
    def message(self) -> str:
        """Return what the engine says of an error; empty if it says nothing."""
        return str(self.content.get("message", "")) if isinstance(self.content, dict) else ""


def ask(at: Path, paths: Sequence[str], check: Callable[[], None]) -> tuple[Reply, ...]:
    """GET every path from the engine at a socket, side by side; return the replies in that order.

    `check` is called ten times a second or more, and may raise.

    Raises OSError: nobody listens there, or what came is no whole reply.
    """
    check()
    if len(paths) > TOGETHER:
        return (*ask(at, paths[:TOGETHER], check), *ask(at, paths[TOGETHER:], check))
    received = [bytearray() for _ in paths]
    with selectors.DefaultSelector() as selector, ExitStack() as lines:
        for path, data in zip(paths, received, strict=True):
            line = lines.enter_context(socket.socket(socket.AF_UNIX))
            line.settimeout(0)
            line.connect(str(at))
            line.sendall(f"GET {path} HTTP/1.0\r\nHost: docker\r\n\r\n".encode())
            selector.register(line, selectors.EVENT_READ, (line, data))
        while selector.get_map():
            check()
            for key, _ in selector.select(_TICK):
                line, data = key.data
                if chunk := line.recv(_CHUNK):
                    data += chunk
                else:
                    selector.unregister(line)
    return tuple(map(_reply, received))


def _reply(data: bytearray) -> Reply:
    """Return a reply. Raises OSError: it is cut off, which JSON of an object or a list always shows."""
    head, _, body = data.partition(b"\r\n\r\n")
    try:
        return Reply(int(head.split()[1]), json.loads(body))
    except (IndexError, ValueError):
        raise OSError("the connection was closed in the middle of a reply") from None
