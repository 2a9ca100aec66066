"""A server on loopback that answers as it is told, well or badly."""

import contextlib
import socket
import ssl
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class Answering:
    """A server; `requests` are those that came in whole."""

    url: str
    requests: list[bytes] = field(default_factory=list)
    connections: int = 0


@contextmanager
def answering(
    answer: bytes | None, *, drip: float = 0, flood: bool = False, tls: bool = False
) -> Iterator[Answering]:
    """Serve every connection with `answer`; None: nothing ever comes, and the connection stays open.

    `drip`: seconds before each single byte; `flood`: the answer is sent again until nobody takes it.
    """
    over = threading.Event()
    listening = socket.create_server(("127.0.0.1", 0))
    listening.settimeout(0.05)
    context = _context() if tls else None
    port = listening.getsockname()[1]
    server = Answering(f"{'https' if tls else 'http'}://127.0.0.1:{port}")

    def serve(line: socket.socket) -> None:
        with contextlib.suppress(OSError), contextlib.ExitStack() as stack:
            stack.enter_context(line)
            line.settimeout(5)
            if context:
                line = stack.enter_context(context.wrap_socket(line, server_side=True))
            server.requests.append(_request(line))
            if answer is None:
                over.wait(60)
            for byte in (answer or b"") if drip else b"":
                over.wait(drip)
                line.sendall(bytes([byte]))
            while not drip and answer and not over.is_set():
                line.sendall(answer)
                if not flood:
                    break

    def accept() -> None:
        while not over.is_set():
            with contextlib.suppress(TimeoutError):
                line, _ = listening.accept()
                server.connections += 1
                threads.append(threading.Thread(target=serve, args=(line,), daemon=True))
                threads[-1].start()

    threads = [threading.Thread(target=accept, daemon=True)]
    threads[0].start()
    try:
        yield server
    finally:
        over.set()
        for thread in threads:
            thread.join(10)
        listening.close()


def _request(line: socket.socket) -> bytes:
    """Return a request with its body."""
    data = b""
    while b"\r\n\r\n" not in data:
        if not (more := line.recv(65536)):
            raise OSError("no request")
        data += more
    head, _, body = data.partition(b"\r\n\r\n")
    length = next(
        int(row.split(b":")[1]) for row in head.splitlines() if row.lower().startswith(b"content-length")
    )
    while len(body) < length:
        body += line.recv(65536)
    return head + b"\r\n\r\n" + body


def _context() -> ssl.SSLContext:
    """Return a context with a certificate that nobody has signed, made by `openssl`."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with tempfile.TemporaryDirectory() as folder:
        key, certificate = Path(folder, "key.pem"), Path(folder, "cert.pem")
        subprocess.run(
            f"openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN=localhost"
            f" -addext subjectAltName=IP:127.0.0.1 -keyout {key} -out {certificate}".split(),
            check=True,
            capture_output=True,
        )
        context.load_cert_chain(certificate, key)
    return context
