"""A project behind a proxy: one tiny web server, which says its version, and HAProxy in front of it."""

import threading
import time
import uuid
from contextlib import closing
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any, Self

from stagecraft.ingress.haproxy import Haproxy
from stagecraft.model.ingress import DriverName, Duty, Ingress
from tests.e2e.machine import COMMITTED, Shop, ask, base_environment, free_port

STAGECRAFT = """\
version: 1
project: {name}
compose: compose.yml
ingress:
  service: proxy
  driver: haproxy
  file: /etc/haproxy/haproxy.cfg
  routes:
    - {{to: "web:8000", health: /up, drain: 8s}}
environments:
  demo:
    compose_project: {name}
    health_timeout: 20s
"""

COMPOSE = """\
services:
  proxy:
    image: stagecraft-ingress-haproxy:1
    restart: unless-stopped
    ports: ["127.0.0.1:{port}:80"]
    stop_grace_period: 1s
    healthcheck:
      test: [CMD, bash, -c, "</dev/tcp/127.0.0.1/80"]
      interval: 500ms
      start_period: 10s
      start_interval: 100ms
  web:
    image: stagecraft-shop-base:1
    init: true
    restart: unless-stopped
    command: [python3, /app/server.py]
    environment: {{VERSION: "1"}}
    configs: [{{source: server, target: /app/server.py}}]
    stop_grace_period: 5s
    healthcheck:
      test: [CMD, curl, -sf, http://127.0.0.1:8000/up]
      interval: 500ms
      timeout: 2s
      retries: 2
      start_period: 10s
      start_interval: 100ms

configs:
  server: {{file: server.py}}
"""

SERVER = '''\
"""Says its version. /slow takes five seconds, /up is the health check."""

import os
import signal
import socket
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

WOUNDS = os.environ.get("WOUNDS_AFTER")
START = time.monotonic()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        if self.path == "/slow":
            time.sleep(5)
        wounded = WOUNDS and self.path == "/up" and time.monotonic() - START > float(WOUNDS)
        body = f"{os.environ['VERSION']} {socket.gethostname()}\\n".encode()
        self.send_response(500 if wounded else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.do_GET()

    def log_message(self, *arguments):
        pass


class Server(ThreadingHTTPServer):
    request_queue_size = 512


signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
Server(("", 8000), Handler).serve_forever()
'''


def check_out_ingress_app(folder: Path) -> Shop:
    """Make a Git repository with a proxy and a web server behind it."""
    name = f"ingress-{uuid.uuid4().hex[:8]}"
    home, root, port = folder / "home", folder / "app", free_port()
    home.mkdir()
    root.mkdir()
    environment = base_environment() | {"HOME": str(home), "STAGECRAFT_ACTOR": "tester"}
    app = Shop(root, home, name, port, None, environment)
    app.write(".gitignore", ".stagecraft/\n")
    app.write("stagecraft.yml", STAGECRAFT.format(name=name))
    app.write("compose.yml", COMPOSE.format(port=port))
    app.write("server.py", SERVER)
    ask("git", "init", "--quiet", "--initial-branch=main", cwd=root, env=base_environment() | COMMITTED)
    app.commit("An application behind a proxy")
    return app


def set_version(app: Shop, number: int, **more: Any) -> None:
    """Commit another version of `web`."""
    environment = {"VERSION": str(number), **{key: str(value) for key, value in more.items()}}
    written = ", ".join(f'{key}: "{value}"' for key, value in environment.items())
    text = (app.root / "compose.yml").read_text()
    start = text.index("environment: {")
    end = text.index("}", start)
    app.write("compose.yml", f"{text[:start]}environment: {{{written}{text[end:]}")
    app.commit(f"Version {number}")


def names(app: Shop) -> set[str]:
    """Return every container by name without the project's."""
    mine = f"label=com.docker.compose.project={app.name}"
    listed = ask("docker", "ps", "--all", "--filter", mine, "--format", "{{.Names}}").split()
    return {name.removeprefix(f"{app.name}-") for name in listed}


def traffic(app: Shop) -> dict[str, str]:
    """Return what the proxy does with each container, by name; what stands by only if nothing serves."""
    talk = "exec 3<>/dev/tcp/127.0.0.1/9901 && cat >&3 && cat <&3"
    ingress = Ingress(service="proxy", driver=DriverName.HAPROXY, routes=())
    question = Haproxy().question(ingress)
    reply = ask("docker", "exec", "-i", f"{app.name}-proxy-1", "bash", "-c", talk, stdin=question)
    network = f"{app.name}_default"
    template = f'{{{{.Name}}}} {{{{(index .NetworkSettings.Networks "{network}").IPAddress}}}}'
    full = [f"{app.name}-{name}" for name in names(app)]
    rows = [line.split() for line in ask("docker", "inspect", "--format", template, *full).splitlines()]
    by_address = {row[1]: row[0].removeprefix("/") for row in rows if len(row) > 1}
    upstreams = Haproxy().upstreams(ingress, reply)
    duties = [(by_address.get(one.address, one.address), one.duty) for one in upstreams]
    told = {name: duty.value for name, duty in duties if duty is not Duty.STANDS_BY}
    return told or {name: duty.value for name, duty in duties}


def wait_until_served(app: Shop) -> None:
    """Ask for the page until it is there, at most ten seconds."""
    until = time.monotonic() + 10
    while True:
        try:
            app.page()
        except OSError:
            assert time.monotonic() < until, "the proxy does not serve"
            time.sleep(0.05)
        else:
            return


class Load:
    """Requests without a pause, GET and POST over connections that are kept, until the block ends."""

    def __init__(self, app: Shop, *, slow: int = 0, address: str = "127.0.0.1") -> None:
        """`slow` requests of five seconds are in flight besides, begun at different times."""
        self._address = address
        self.failed: list[str] = []
        self.versions: set[str] = set()
        self.count = 0
        self._app = app
        self._ended = threading.Event()
        self._threads = [
            threading.Thread(target=self._send, args=(method, "/")) for method in ("GET", "POST")
        ]
        self._threads += [
            threading.Thread(target=self._send, args=("GET", "/slow", 5.0 * number / slow))
            for number in range(slow)
        ]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        for thread in self._threads:
            thread.join()

    def some_more(self) -> None:
        """Return after some more requests."""
        enough = self.count + 200
        until = time.monotonic() + 60
        while self.count < enough:
            assert time.monotonic() < until, f"only {self.count} of {enough} requests: {self.failed[:3]}"
            time.sleep(0.02)

    def _send(self, method: str, path: str, later: float = 0) -> None:
        connection = HTTPConnection(self._address, self._app.port, timeout=30)
        self._ended.wait(later)
        with closing(connection):
            self._send_on(connection, method, path)

    def _send_on(self, connection: HTTPConnection, method: str, path: str) -> None:
        while not self._ended.is_set():
            try:
                connection.request(method, path, body=b"x" * 1000 if method == "POST" else None)
                reply = connection.getresponse()
                body = reply.read().decode()
            except (OSError, HTTPException) as error:
                self.failed.append(f"{method} {path}: {error!r}")
                connection.close()
                self._ended.wait(0.1)
                continue
            self.count += 1
            if reply.status == HTTPStatus.OK:
                self.versions.add(body.split()[0])
            else:
                self.failed.append(f"{method} {path}: {reply.status} {body}")
