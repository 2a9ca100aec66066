"""How a config reaches the containers of one host: as text, or as a file the engine mounts."""

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from stagecraft.compose import dollars
from stagecraft.compose.canonical import Canonical
from stagecraft.errors import ConfigError

FILES = "STAGECRAFT_FILES"
"""The variable that names the folder of `Plan.files` at the moment of use."""
EXECUTABLE = ".exec"
"""Ends the name of a file that is to have mode 0555 instead of 0444."""


@dataclass(frozen=True)
class Delivery:
    """One config as the text defines it."""

    definition: dict[str, Any]
    mode: int | None
    """The mode of a mount that names none; None if the engine mounts a file and there is nothing to say."""
    name: str = ""
    """Name of the file below `${STAGECRAFT_FILES}`, if there is one."""
    data: bytes = b""


def delivered(model: Canonical, name: str, here: Collection[str], *, local: bool) -> Delivery:
    """Return how config `name` gets to the services `here` that use it.

    Raises ConfigError: binary content or a read-only container, and no way around it.
    """
    users = [(user, mount) for user in here for mount in _mounts(model, user) if mount["source"] == name]
    read_only = min((user for user, _ in users if model.services[user].get("read_only")), default="")
    definition = _inline(model, name)
    executable = name in model.files and model.files[name].executable
    if definition is not None and not read_only:
        return Delivery(definition, 0o555 if executable else 0o444)
    executable = executable or any(mount.get("mode", 0) & 0o111 for _, mount in users)
    data = _content(model, name, definition, read_only)
    return _file(data, name, read_only, executable=executable, local=local)


def mounted(mount: dict[str, Any], delivery: Delivery) -> dict[str, Any]:
    """Return a service's reference to a config as the text says it."""
    if delivery.mode is None:
        return {key: mount[key] for key in sorted(mount) if key != "mode"}
    return dict(sorted({"mode": delivery.mode, **mount}.items()))


def _mounts(model: Canonical, service: str) -> list[dict[str, Any]]:
    return list(model.services[service].get("configs", []))


def _inline(model: Canonical, name: str) -> dict[str, Any] | None:
    """Return the definition that carries the content in the text, or None if text cannot."""
    definition = {key: value for key, value in model.configs[name].items() if key != "file"}
    if name in model.files:
        try:
            text = model.files[name].data.decode()
        except UnicodeDecodeError:
            return None
        return None if "\0" in text else {**definition, "content": dollars.escaped(text)}
    if (variable := definition.get("environment")) in model.variables:
        definition.pop("environment")
        return {**definition, "content": dollars.escaped(model.variables[str(variable)])}
    return definition


def _content(model: Canonical, name: str, definition: dict[str, Any] | None, read_only: str) -> bytes:
    if name in model.files:
        return model.files[name].data
    content = (definition or {}).get("content")
    if content is None or dollars.references(content):
        raise ConfigError(
            f"config `{name}` holds a secret and cannot be put into a container that is `read_only`",
            place=f"services.{read_only}.configs",
            hint="Compose copies it in: give the secret as `environment`, or drop `read_only`",
        )
    return dollars.unescaped(content).encode()


def _file(data: bytes, name: str, read_only: str, *, executable: bool, local: bool) -> Delivery:
    if not local:
        why = f"`{read_only}` is `read_only`" if read_only else "it is not UTF-8 text"
        raise ConfigError(
            f"config `{name}` has to be mounted as a file ({why}), and the host sees none of them",
            place=f"configs.{name}",
            hint="put it into the image, or mount a file that the host has",
        )
    file = hashlib.sha256(data).hexdigest() + (EXECUTABLE if executable else "")
    return Delivery({"file": f"${{{FILES}}}/{file}"}, None, file, data)
