"""A small project for several hosts: a database, an api with two workers, and a web that publishes a port."""

import json
import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tests.e2e.fleet import Fleet
from tests.e2e.machine import COMMITTED, Shop, ask, base_environment

SPREAD = {"host-1": "db", "host-2": "app", "host-3": "web", "host-4": "web"}
"""Host -> its role, where a test does not say otherwise."""

STAGECRAFT = """\
version: 1
project: {name}
compose: compose.yml
registry: {registry}
roles:
{roles}
secrets:
  TOKEN: {{env: TOKEN}}
environments:
  prod:
    health_timeout: 15s
    timeouts: {{rollout: 90s}}
    rollout: {rollout}
    hosts:
{hosts}
"""

ROLES = {"db": ["db"], "app": ["api", "worker"], "web": ["web"]}

COMPOSE = """\
x-common: &common
  init: true
  stop_grace_period: 1s
  restart: unless-stopped
  healthcheck: &check
    test: [CMD, test, -e, /]
    interval: 1s
    timeout: 3s
    retries: 3
    start_period: 10s
    start_interval: 200ms

services:
  db:
    <<: *common
    image: stagecraft-base:bookworm
    command: [sleep, "1000"]
    volumes: ["data:/data"]
  api:
    <<: *common
    build: api
    environment: {TOKEN: "${TOKEN}"}
    depends_on: {db: {condition: service_healthy}}
    healthcheck: {<<: *check, test: [CMD, test, -e, /tmp/up]}
  worker:
    <<: *common
    build: worker
    command: [sleep, "1000"]
    deploy: {replicas: 2}
    depends_on: {db: {condition: service_healthy}}
  web:
    <<: *common
    build: web
    ports: ["8080:80"]
    volumes: ["/run/{name}:/fault:ro"]
    depends_on: {api: {condition: service_healthy}}
    healthcheck: {<<: *check, test: [CMD, test, -e, /tmp/up]}

volumes:
  data:
"""

BUILT = """\
FROM stagecraft-base:bookworm
COPY run.sh /run.sh
CMD ["sh", "/run.sh"]
"""
RUN = "echo {service} is up\ntouch /tmp/up\nexec sleep 1000\n"


@dataclass(frozen=True)
class FleetApp:
    """One project on the fleet; `shop` is its checkout."""

    shop: Shop
    fleet: Fleet
    images: str = ""
    """What the names of its images begin with."""

    @property
    def project(self) -> str:
        """Return the Compose project on the hosts."""
        return f"{self.shop.name}-prod"

    def deploy(self, *options: str, code: int = 0) -> dict[str, Any]:
        """Deploy to `prod`, ending with `code`; return the finished release."""
        return self.finished("deploy", "--env", "prod", *options, code=code)

    def finished(self, *command: str, code: int = 0) -> dict[str, Any]:
        """Run a command that makes a release; return it."""
        result = self.shop.stagecraft(*command, "--format", "json")
        assert result.returncode == code, (
            f"exit {result.returncode}\n{result.stderr}\n{result.stdout[-3000:]}"
        )
        return dict(json.loads(result.stdout.splitlines()[-1])["release"])

    def events(self, *command: str) -> list[dict[str, Any]]:
        """Run a command that has to succeed; return its events."""
        result = self.shop.stagecraft(*command, "--format", "json")
        assert result.returncode == 0, f"exit {result.returncode}\n{result.stderr}"
        return [json.loads(line) for line in result.stdout.splitlines()]

    def containers(self, host: str, *, all_: bool = True) -> dict[str, list[str]]:
        """Return the container IDs of each service on a host."""
        line = '{{.Label "com.docker.compose.service"}} {{.ID}}'
        label = f"label=com.docker.compose.project={self.project}"
        options = ("--all",) if all_ else ()
        rows = self.fleet.docker(host, "ps", *options, "--no-trunc", "--filter", label, "--format", line)
        found: dict[str, list[str]] = {}
        for service, container in map(str.split, rows.splitlines()):
            found.setdefault(service, []).append(container)
        return {service: sorted(ids) for service, ids in sorted(found.items())}

    def everywhere(self, *hosts: str) -> dict[str, dict[str, list[str]]]:
        """Return the containers of every host."""
        return {host: self.containers(host) for host in hosts or tuple(SPREAD)}

    def counts(self, *hosts: str) -> dict[str, dict[str, int]]:
        """Return how many containers each service has on every host, exited ones included."""
        return {
            host: {service: len(ids) for service, ids in found.items()}
            for host, found in self.everywhere(*hosts).items()
        }

    def says(self, host: str, service: str) -> str:
        """Return the content of `/run.sh` in the (first) container of a service."""
        return self.fleet.docker(host, "exec", self.containers(host)[service][0], "cat", "/run.sh")

    def newest(self) -> dict[str, Any]:
        """Return the newest release as a new process reads it."""
        return self.shown(self.newest_id())

    def newest_id(self) -> str:
        """Return the id of the newest release."""
        listed = self.shop.stagecraft("releases", "list", "--env", "prod", "--format", "json")
        return str(json.loads(listed.stdout)[0]["id"])

    def shown(self, release: str) -> dict[str, Any]:
        """Return a release as a new process reads it."""
        return dict(json.loads(self.shop.stagecraft("releases", "show", release, "--format", "json").stdout))

    def fault(self, host: str) -> None:
        """Make every script on a host that asks for `/fault/here` find it."""
        self.fleet.on(host, "touch", f"/run/{self.shop.name}/here")

    def edit(self, service: str, script: str) -> None:
        """Give a built service another script and commit it."""
        self.shop.write(f"{service}/run.sh", script)
        self.shop.commit(f"Another {service}")

    def remove(self) -> None:
        """Take away what the tests left on the hosts, the images too."""
        ours = f"label=com.docker.compose.project={self.project}"
        script = (
            f"docker ps -aq --filter {ours} | xargs -r docker rm -f; "
            f"docker network ls -q --filter {ours} | xargs -r docker network rm; "
            f"docker volume ls -q --filter {ours} | xargs -r docker volume rm; "
            f"docker image ls --format '{{{{.ID}}}}' '{self.images}/*' "
            "| sort -u | xargs -r docker rmi -f"
        )
        for host in self.fleet.hosts:
            self.fleet.on(host, "sh", "-c", f"({script}) >/dev/null 2>&1 || true")
        run_here = f"docker image ls -q '{self.images}/*'"
        ask("sh", "-c", f"{run_here} | sort -u | xargs -r docker rmi -f >/dev/null 2>&1 || true")


def compose_text(name: str, roles: Collection[str]) -> str:
    """Return the Compose file, reduced to the services of some roles."""
    model = yaml.safe_load(COMPOSE.replace("{name}", name))
    services = {service for role in roles for service in ROLES[role]}
    model["services"] = {key: value for key, value in model["services"].items() if key in services}
    for service in model["services"].values():
        service["depends_on"] = {k: v for k, v in service.get("depends_on", {}).items() if k in services}
    return yaml.safe_dump(model, sort_keys=False)


def hosts_yaml(hosts: Mapping[str, str], ssh: Mapping[str, str]) -> str:
    """Return the `hosts:` of `stagecraft.yml`: host -> role, and how each is reached if not by its name."""
    return "\n".join(
        f"      {name}: {{ssh: {ssh.get(name, name)}, roles: [{role}]}}" for name, role in hosts.items()
    )


def check_out_fleet_app(
    folder: Path,
    fleet: Fleet,
    hosts: Mapping[str, str] = SPREAD,
    *,
    rollout: str = "{}",
    ssh: Mapping[str, str] | None = None,
    served: int | None = None,
) -> FleetApp:
    """Make the project in a Git repository of its own; `served`: the port of `registry: local`."""
    name = f"fa-{uuid.uuid4().hex[:8]}"
    images = f"localhost:{served}/{name}" if served else f"{fleet.registry.address}/{name}"
    home, root = folder / "home", folder / "app"
    home.mkdir(parents=True)
    environment = fleet.environment | {
        "HOME": str(home),
        "TOKEN": "tin-opener-5150",
        "STAGECRAFT_ACTOR": "tester",
    }
    shop = Shop(root, home, name, 0, fleet.registry, environment)
    for service in ("web", "api", "worker"):
        (root / service).mkdir(parents=True)
        shop.write(f"{service}/Dockerfile", BUILT)
        shop.write(f"{service}/run.sh", RUN.format(service=service))
    roles = dict.fromkeys(hosts.values())
    text = STAGECRAFT.format(
        name=name,
        registry=f"{{local: {served}}}" if served else images,
        rollout=rollout,
        hosts=hosts_yaml(hosts, ssh or {}),
        roles="\n".join(f"  {role}: {{services: {ROLES[role]}}}" for role in roles),
    )
    shop.write("stagecraft.yml", text)
    shop.write("compose.yml", compose_text(name, roles))
    shop.write(".gitignore", ".stagecraft/\n")
    ask("git", "init", "--quiet", "--initial-branch=main", cwd=root, env=base_environment() | COMMITTED)
    shop.commit("The fleet app")
    return FleetApp(shop, fleet, images)
