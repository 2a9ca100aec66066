"""The smallest project worth releasing: it takes a second, so that many releases fit into a test."""

import json
import uuid
from pathlib import Path
from typing import Any

from tests.e2e.machine import COMMITTED, Registry, Shop, ask, base_environment, free_port

BASE = "stagecraft-base:bookworm"
TOKEN = "tin-opener-5150"

STAGECRAFT = """\
version: 1
project: {name}
compose: compose.yml
{registry}retain: 10
secrets:
  TOKEN: {{env: TOKEN}}
environments:
  demo:
    compose_project: {name}
    health_timeout: 20s
    variables:
      GREETING: Good morning
      PORT: "{port}"
"""

COMPOSE = """\
x-common: &common
  init: true
  stop_grace_period: 1s
  restart: unless-stopped
  healthcheck: &check
    test: [CMD, test, -e, /]
    interval: 1s
    timeout: 2s
    retries: 2
    start_period: 10s
    start_interval: 100ms

services:
  web:
    <<: *common
    build: web
    image: {name}-web
    env_file: web.env
    environment:
      GREETING: ${{GREETING}}
      TOKEN: ${{TOKEN}}
    configs: [{{source: settings, target: /etc/settings}}]
    ports: ["127.0.0.1:${{PORT}}:80"]
    volumes: ["data:/data"]
    healthcheck: {{<<: *check, test: [CMD, test, -e, /tmp/up]}}
  worker:
    <<: *common
    image: {name}-web
    command: [sleep, "1000"]
  side:
    <<: *common
    image: stagecraft-base:bookworm
    command: [sleep, "1000"]

configs:
  settings: {{file: settings.txt}}

volumes:
  data:
"""

FILES = {
    ".gitignore": ".stagecraft/\n",
    "README.md": "A tiny project.\n",
    "settings.txt": "colour=green\n",
    "web.env": "CURRENCY=EUR-and-cents\n",
    "web/Dockerfile": f'FROM {BASE}\nCOPY run.sh page.txt /app/\nCMD ["sh", "/app/run.sh"]\n',
    "web/run.sh": "echo up and about\ntouch /tmp/up\nexec sleep 1000\n",
    "web/page.txt": "first page\n",
}


def check_out_tiny(folder: Path, registry: Registry | None) -> Shop:
    """Make a Git repository with a built `web`, a `worker` that shares its image, and a `side`."""
    name = f"tiny-{uuid.uuid4().hex[:8]}"
    home, root, port = folder / "home", folder / "tiny", free_port()
    home.mkdir()
    (root / "web").mkdir(parents=True)
    environment = base_environment() | {"HOME": str(home), "TOKEN": TOKEN, "STAGECRAFT_ACTOR": "tester"}
    tiny = Shop(root, home, name, port, registry, environment)
    address = f"registry: {registry.address}/{name}\n" if registry else ""
    tiny.write("stagecraft.yml", STAGECRAFT.format(name=name, port=port, registry=address))
    tiny.write("compose.yml", COMPOSE.format(name=name))
    for path, text in FILES.items():
        tiny.write(path, text)
    ask("git", "init", "--quiet", "--initial-branch=main", cwd=root, env=base_environment() | COMMITTED)
    tiny.commit("The tiny project")
    return tiny


def deploy(project: Shop, *options: str) -> dict[str, Any]:
    """Deploy `demo`, which has to succeed; return the finished release as `releases show` has it."""
    return finished(project, "deploy", "--env", "demo", *options)


def finished(project: Shop, *command: str) -> dict[str, Any]:
    """Run a deploy or rollback that has to succeed; return the finished release."""
    result = project.stagecraft(*command, "--format", "json")
    assert result.returncode == 0, f"exit {result.returncode}\n{result.stderr}\n{result.stdout}"
    return dict(json.loads(result.stdout.splitlines()[-1])["release"])


def record(project: Shop, release: str) -> dict[str, Any]:
    """Return what a new process reads of a release."""
    result = project.stagecraft("releases", "show", release, "--format", "json")
    assert result.returncode == 0, result.stderr
    return dict(json.loads(result.stdout))


def newest(project: Shop) -> dict[str, Any]:
    """Return the newest release."""
    return record(project, listed(project)[0]["id"])


def listed(project: Shop) -> list[dict[str, Any]]:
    """Return what `releases list` has, newest first."""
    result = project.stagecraft("releases", "list", "--env", "demo", "--format", "json")
    assert result.returncode == 0, result.stderr
    return list(json.loads(result.stdout))


def fates(release: dict[str, Any]) -> dict[str, str]:
    """Return what became of each phase, in order."""
    return {phase["name"]: phase["status"] for phase in release["phases"]}


def phase(release: dict[str, Any], name: str) -> dict[str, Any]:
    """Return the record of one phase."""
    return next(dict(found) for found in release["phases"] if found["name"] == name)


def inside(project: Shop, service: str, *command: str) -> str:
    """Run a program in the container of a service; return what it printed."""
    return ask("docker", "exec", project.containers()[service], *command)


def inspected(container: str) -> dict[str, Any]:
    """Return what the engine knows about one container."""
    return dict(json.loads(ask("docker", "inspect", container))[0])


def changed(before: dict[str, str], after: dict[str, str]) -> set[str]:
    """Return the services whose container is not the one it was."""
    return {service for service in {*before, *after} if before.get(service) != after.get(service)}
