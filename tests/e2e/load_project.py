"""The project of the load tests: a slow and a fast service behind a proxy, released in seconds."""

import re
import shutil
import urllib.request
import uuid
from pathlib import Path

from tests.e2e.load import FOLDER
from tests.e2e.machine import COMMITTED, Shop, ask, base_environment, free_port

SITES = {"slow.example.com": 0, "fast.example.com": 50}
"""Site -> how long a connection rests. At full speed two cores do nothing else, and a release takes long."""
HAPROXY = "compose: [compose.yml, haproxy.yml]"
CADDY = "compose: [compose.yml, caddy.yml]"


def check_out_load(folder: Path, driver: str = "haproxy") -> Shop:
    """Make a Git repository with the project, named as nobody else's; its release takes no build."""
    name = f"load-{uuid.uuid4().hex[:8]}"
    home = folder / "home"
    home.mkdir()
    shutil.copytree(FOLDER, folder / "load", ignore=shutil.ignore_patterns(".stagecraft"))
    environment = base_environment() | {"HOME": str(home), "STAGECRAFT_ACTOR": "tester"}
    project = Shop(folder / "load", home, name, free_port(), None, environment)
    project.write(".gitignore", ".stagecraft/\n")
    project.replace("stagecraft.yml", "project: load\n", f"project: {name}\n")
    project.replace("stagecraft.yml", '"8080"', f'"{project.port}"')
    if driver == "caddy":
        project.replace("stagecraft.yml", HAPROXY, CADDY)
        project.replace(
            "stagecraft.yml", "driver: haproxy\n  file: /etc/haproxy/haproxy.cfg\n", "driver: caddy\n"
        )
        project.replace("stagecraft.yml", "  routes:\n", "  include: sites.Caddyfile\n  routes:\n")
    ask(
        "git",
        "init",
        "--quiet",
        "--initial-branch=main",
        cwd=project.root,
        env=base_environment() | COMMITTED,
    )
    project.commit("A slow and a fast service")
    return project


def next_generation(project: Shop) -> int:
    """Commit a change of both services; return its number, which they answer with."""
    path = project.root / "stagecraft.yml"
    text = path.read_text(encoding="utf-8")
    number = int(re.findall(r'GENERATION: "(\d+)"', text)[0]) + 1
    project.write("stagecraft.yml", re.sub(r'GENERATION: "\d+"', f'GENERATION: "{number}"', text))
    project.commit(f"Generation {number}")
    return number


def settled(project: Shop) -> list[str]:
    """Return `service state health` of every container, sorted."""
    line = '{{.Label "com.docker.compose.service"}} {{.State}} {{.Status}}'
    listed = ask(
        "docker",
        "ps",
        "--all",
        "--filter",
        f"label=com.docker.compose.project={project.name}",
        "--format",
        line,
    )
    return sorted(re.sub(r" Up .* \((.*)\)$", r" \1", row) for row in listed.splitlines())


SETTLED = [f"{service} running healthy" for service in ("fast", "proxy", "slow")]
"""What a release leaves: one container a service."""


def page(project: Shop, site: str) -> str:
    """Fetch a page of one of the sites, through the proxy."""
    request = urllib.request.Request(f"http://127.0.0.1:{project.port}/", headers={"Host": site})
    with urllib.request.urlopen(request, timeout=10) as reply:
        return str(reply.read().decode())
