"""Whether a registry answers (stagecraft/runtime/registry.py), asked of real servers on loopback."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from stagecraft.runtime.registry import registry_problem


@contextmanager
def answering(code: int) -> Iterator[tuple[int, list[str]]]:
    """Run a server that answers everything alike; yield its port and the paths it was asked for."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(code)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        serving = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        serving.start()
        try:
            yield server.server_port, asked
        finally:
            server.shutdown()
            serving.join()


@contextmanager
def raw(answer: bytes) -> Iterator[int]:
    """Run a server that writes the same bytes to whoever connects, once; yield its port."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(4096)
                connection.sendall(answer)

        serving = threading.Thread(target=serve)
        serving.start()
        yield server.getsockname()[1]
        serving.join()


@pytest.mark.parametrize("code", [200, 401, 404, 500])
def test_any_answer_is_one(code: int) -> None:
    with answering(code) as (port, asked):
        assert "" == registry_problem(f"127.0.0.1:{port}/shop")
    assert ["/v2/"] == asked


def test_localhost_by_name_is_asked_in_plain_http() -> None:
    with answering(200) as (port, asked):
        assert "" == registry_problem(f"localhost:{port}")
    assert ["/v2/"] == asked


def test_nobody_there_is_a_problem_that_names_the_registry() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]

    assert f"registry `127.0.0.1:{port}` does not answer: connection refused" == registry_problem(
        f"127.0.0.1:{port}/shop"
    )


def test_something_else_that_listens_there_is_a_problem() -> None:
    with raw(b"SSH-2.0-OpenSSH_9.2\r\n") as port:
        assert f"registry `127.0.0.1:{port}` does not answer: badstatusline" == registry_problem(
            f"127.0.0.1:{port}"
        )


@pytest.mark.parametrize("registry", ["acme", "acme/shop"])
def test_a_namespace_of_docker_hub_is_not_asked(registry: str) -> None:
    assert "" == registry_problem(registry)
