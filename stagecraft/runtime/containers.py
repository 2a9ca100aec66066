"""Looks at the containers of one Compose project: lists them, and has each described (spec/rollout.md).

At the engine's socket where that is known, else with `docker ps` and `docker inspect`.
"""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import quote

from stagecraft.errors import StepFailedError, UnavailableError
from stagecraft.model.observed import Container, Health
from stagecraft.runtime.docker import Docker

_LABELS = {
    "service": "com.docker.compose.service",
    "number": "com.docker.compose.container-number",
    "replaces": "com.docker.compose.replace",
    "digest": "stagecraft.digest",
    "inputs": "stagecraft.inputs",
}
_FIELDS = {
    "id": "{{json .Id}}",
    "name": "{{json .Name}}",
    "state": "{{json .State}}",
    "restarts": "{{json .RestartCount}}",
    "image": "{{json .Config.Image}}",
    "image_id": "{{json .Image}}",
    "volumes": '"{{range .Mounts}}{{if eq .Type `volume`}}{{.Name}} {{end}}{{end}}"',
    "networks": "{{json .NetworkSettings.Networks}}",
    **{name: f'{{{{json (index .Config.Labels "{label}")}}}}' for name, label in _LABELS.items()},
}
_ANONYMOUS = re.compile("[0-9a-f]{64}")
"""The name the engine gives a volume that nobody named."""
TEMPLATE = "{" + ",".join(f'"{name}":{value}' for name, value in _FIELDS.items()) + "}"
"""Only what is needed: a container's environment, where the secrets are, is never asked for, or dropped."""


_LOOKS = 3
"""How often a container may disappear between being listed and being described before that is an error."""


def look(docker: Docker, project: str, deadline: float) -> tuple[Container, ...]:
    """Return every container of a Compose project, those of `docker compose run` excluded.

    `deadline` is on the monotonic scale.

    Raises StepFailedError.
    """
    ask = _at_socket if docker.socket else _with_commands
    for _ in range(_LOOKS):
        try:
            found = ask(docker, project, deadline)
        except UnavailableError as gone:
            raise StepFailedError(gone.message, hint=gone.hint) from None
        if found is not None:
            return tuple(_container(one, docker.time) for one in found)
    raise StepFailedError(
        f"the containers of `{project}` cannot be inspected: they come and go",
        hint="does something else work on the same Compose project? `docker events` shows what",
    )


def _at_socket(docker: Docker, project: str, deadline: float) -> Sequence[dict[str, Any]] | None:
    """Return what the engine says of each container; None if one was gone in between."""
    filters = quote(json.dumps({"label": _labels(project)}, separators=(",", ":")), safe='{}[]":,')
    (listed,) = docker.ask(f"/containers/json?all=1&filters={filters}", deadline=deadline)
    if listed.status != 200:
        raise StepFailedError(
            f"the engine does not list its containers: {listed.message}", hint="`docker ps --all` says more"
        )
    described = docker.ask(*(f"/containers/{one['Id']}/json" for one in listed.content), deadline=deadline)
    found = [_fields(reply.content) for reply in described if reply.status == 200]
    return found if len(found) == len(described) else None


def _with_commands(docker: Docker, project: str, deadline: float) -> Sequence[dict[str, Any]] | None:
    """Return what `docker inspect` says of each container; None if one was gone in between."""
    filters = (f"--filter=label={label}" for label in _labels(project))
    listed = docker.run(("ps", "--all", "--quiet", "--no-trunc", *filters), deadline=deadline)
    if listed.code != 0:
        raise StepFailedError(
            "`docker ps` failed", hint="the last lines below say why", log=tuple(listed.tail)
        )
    if not (containers := listed.stdout.split()):
        return []
    command = ("inspect", "--type=container", f"--format={TEMPLATE}", *containers)
    described = docker.run(command, deadline=deadline)
    if described.code != 0:
        return None
    return [json.loads(line) for line in described.stdout.splitlines() if line]


def _labels(project: str) -> tuple[str, ...]:
    return f"com.docker.compose.project={project}", "com.docker.compose.oneoff=False"


def _fields(found: Mapping[str, Any]) -> dict[str, Any]:
    """Return of what the engine's API says of a container what TEMPLATE asks for."""
    labels = found["Config"].get("Labels") or {}
    return {
        "id": found["Id"],
        "name": found["Name"],
        "state": found["State"],
        "restarts": found["RestartCount"],
        "image": found["Config"]["Image"],
        "image_id": found["Image"],
        "volumes": " ".join(one["Name"] for one in found["Mounts"] if one["Type"] == "volume"),
        "networks": found["NetworkSettings"]["Networks"],
        **{name: labels.get(label) for name, label in _LABELS.items()},
    }


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
