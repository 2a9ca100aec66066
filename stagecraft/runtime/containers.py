"""Observes the containers of one Compose project: one `docker ps`, one `docker inspect`."""

import json
import re
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from stagecraft.model.observed import Container, Health

_LABEL = '{{json (index .Config.Labels "%s")}}'
_FIELDS = {
    "id": "{{json .Id}}",
    "name": "{{json .Name}}",
    "state": "{{json .State}}",
    "restarts": "{{json .RestartCount}}",
    "image": "{{json .Config.Image}}",
    "image_id": "{{json .Image}}",
    "volumes": '"{{range .Mounts}}{{if eq .Type `volume`}}{{.Name}} {{end}}{{end}}"',
    "networks": "{{json .NetworkSettings.Networks}}",
    "service": _LABEL % "com.docker.compose.service",
    "number": _LABEL % "com.docker.compose.container-number",
    "replaces": _LABEL % "com.docker.compose.replace",
    "digest": _LABEL % "stagecraft.digest",
    "inputs": _LABEL % "stagecraft.inputs",
}
_ANONYMOUS = re.compile("[0-9a-f]{64}")
"""The name the engine gives a volume that nobody named."""
TEMPLATE = "{" + ",".join(f'"{name}":{value}' for name, value in _FIELDS.items()) + "}"
"""Only what is needed: a container's environment, where the secrets are, never leaves the engine."""


def listing(project: str) -> tuple[str, ...]:
    """Return the arguments of `docker` that list a project's containers by ID, one-off ones excluded."""
    labels = (f"com.docker.compose.project={project}", "com.docker.compose.oneoff=False")
    return ("ps", "--all", "--quiet", "--no-trunc", *(f"--filter=label={label}" for label in labels))


def inspecting(containers: Iterable[str]) -> tuple[str, ...]:
    """Return the arguments of `docker` that describe containers, one line of JSON each."""
    return ("inspect", "--type=container", f"--format={TEMPLATE}", *containers)


def parse(lines: str, now: Callable[[], datetime]) -> tuple[Container, ...]:
    """Return the containers that `inspecting` described; `now` is the engine's time."""
    return tuple(_container(json.loads(line), now) for line in lines.splitlines() if line)


def _container(found: dict[str, Any], now: Callable[[], datetime]) -> Container:
    state = found["state"]
    health = state.get("Health") or {}
    return Container(
        id=found["id"],
        name=found["name"].removeprefix("/"),
        service=found["service"] or "",
        number=int(found["number"] or 1),
        state=state["Status"],
        health=Health(health.get("Status") or Health.NONE),
        exit_code=state["ExitCode"],
        restarts=found["restarts"],
        up_for=_up_for(state, now) if state["Status"] == "running" else 0,
        digest=found["digest"] or "",
        inputs=found["inputs"] or "",
        image=found["image"],
        image_id=found["image_id"],
        health_log=tuple(entry["Output"].strip() for entry in health.get("Log") or ()),
        anonymous_volumes=any(_ANONYMOUS.fullmatch(name) for name in found["volumes"].split()),
        replaces=found["replaces"] or "",
        addresses=_addresses(found["networks"] or {}),
    )


def _addresses(networks: dict[str, Any]) -> dict[str, str]:
    """Return network -> address; networks of an older or stopped container may have none."""
    found = {name: one.get("IPAddress") or one.get("GlobalIPv6Address") for name, one in networks.items()}
    return {name: address for name, address in sorted(found.items()) if address}


def _up_for(state: dict[str, Any], now: Callable[[], datetime]) -> float:
    return max(0.0, (now() - datetime.fromisoformat(state["StartedAt"])).total_seconds())
