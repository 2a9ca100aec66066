"""A project behind a proxy: one tiny web server, which says its version, and HAProxy in front of it."""

import uuid
from pathlib import Path
from typing import Any

from tests.e2e.machine import COMMITTED, Shop, ask, base_environment, free_port

PROXY = "stagecraft-ingress-haproxy:1"
FILE = "/etc/haproxy/haproxy.cfg"

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
"""Says its version. /slow takes five seconds, /up is the health check, /wound makes it unhealthy for good."""

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
