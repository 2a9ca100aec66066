"""Canonical model -> the planned Compose text of one host."""

import base64
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from stagecraft.compose.canonical import Canonical
from stagecraft.compose.configs import Delivery, delivered, mounted
from stagecraft.compose.ingress import IngressFile, extension, with_file
from stagecraft.compose.writer import write
from stagecraft.errors import ConfigError

_NOT_RUN = frozenset({"build", "depends_on", "profiles"})
"""Keys that are decided here: the text holds what was built, and services whose profile is active."""


@dataclass(frozen=True)
class Rendered:
    """The text of one host, and the files it mounts because Compose cannot carry them inline."""

    text: str
    files: dict[str, str]
    """Name below `${STAGECRAFT_FILES}` -> base64 of the content; a name ending in `.exec` is executable."""


def render(
    model: Canonical,
    *,
    project: str,
    services: Collection[str],
    images: Mapping[str, str],
    local: bool = True,
    ingress: IngressFile | None = None,
) -> Rendered:
    """Return the text that runs `services` of `model` as Compose project `project`.

    `images` maps each service that is built here, or given, to `repository:tag`. `local` says that the host's
    engine sees this machine's files. `ingress` is rendered where its proxy runs.

    Raises ConfigError: something the host cannot be given.
    """
    proxied = ingress if ingress and ingress.ingress.service in services else None
    model = with_file(model, proxied) if proxied else model
    references = _shared(model, images)
    chosen = {name: model.services[name] for name in sorted(services)}
    used = _used(chosen)
    configs = {name: delivered(model, name, chosen, local=local) for name in used["configs"]}
    for name, service in chosen.items():
        _check_mounts(model, name, service, local=local)
        _check_ties(name, service, chosen)
    sections = {
        "services": {name: _service(name, chosen, references, configs) for name in chosen},
        "networks": _kept(model, used, "networks"),
        "volumes": _kept(model, used, "volumes"),
        "configs": {name: dict(sorted(configs[name].definition.items())) for name in sorted(configs)},
        "secrets": _kept(model, used, "secrets"),
        "models": _kept(model, used, "models"),
    }
    said = extension(proxied.ingress) if proxied else {}
    text = write({"name": project} | said | {name: section for name, section in sections.items() if section})
    files = {
        one.name: base64.b64encode(one.data).decode() for name, one in sorted(configs.items()) if one.name
    }
    return Rendered(text=text, files=dict(sorted(files.items())))


def _kept(model: Canonical, used: Mapping[str, set[str]], section: str) -> dict[str, dict[str, Any]]:
    definitions: dict[str, dict[str, Any]] = getattr(model, section)
    if missing := sorted(used[section] - definitions.keys()):
        raise ConfigError(
            f"`docker compose config` does not print `{missing[0]}` of `{section}`:"
            " it cannot be carried over",
            place=f"{section}.{missing[0]}",
            hint="Compose 2.40 does so for `models`: run that service by itself",
        )
    return {name: definitions[name] for name in sorted(used[section])}


def _shared(model: Canonical, images: Mapping[str, str]) -> dict[str, str]:
    """Return `images` with every service added that names the image of one of them."""
    by_image = {
        _tagged(image): reference
        for name, reference in sorted(images.items())
        if (image := model.services[name].get("image"))
    }
    shared = {
        name: by_image[image]
        for name, service in model.services.items()
        if (image := _tagged(service.get("image", ""))) in by_image
    }
    return {**shared, **images}


def _tagged(image: str) -> str:
    return image if not image or "@" in image or ":" in image.rpartition("/")[2] else f"{image}:latest"


def _service(
    name: str,
    here: Mapping[str, dict[str, Any]],
    references: Mapping[str, str],
    configs: Mapping[str, Delivery],
) -> dict[str, Any]:
    service = here[name]
    rendered = {key: value for key, value in service.items() if key not in _NOT_RUN}
    if name in references:
        rendered["image"] = references[name]
        rendered.pop("pull_policy", None)
    elif "image" not in rendered:
        raise ConfigError(
            f"service `{name}` has neither an image nor anything to build one from",
            place=f"services.{name}",
            hint="give it `image:`, or `--image` on the command line",
        )
    if needs := {other: need for other, need in service.get("depends_on", {}).items() if other in here}:
        rendered["depends_on"] = needs
    if "configs" in service:
        rendered["configs"] = [mounted(mount, configs[mount["source"]]) for mount in service["configs"]]
    return {key: rendered[key] for key in sorted(rendered)}


def _check_ties(name: str, service: dict[str, Any], here: Collection[str]) -> None:
    for key, other in _ties(service):
        if other not in here:
            raise ConfigError(
                f"service `{name}` shares something with `{other}`, which does not run on the same host",
                place=f"services.{name}.{key}",
                hint=f"put `{name}` and `{other}` into the same role",
            )


def _ties(service: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the key and the other service, for everything that ties two containers to one engine."""
    for key in ("network_mode", "ipc", "pid"):
        kind, _, other = str(service.get(key, "")).partition(":")
        if kind == "service":
            yield key, other
    for link in service.get("links", []):
        yield "links", link.partition(":")[0]
    for source in service.get("volumes_from", []):
        if not source.startswith("container:"):
            yield "volumes_from", source.partition(":")[0]


def _check_mounts(model: Canonical, name: str, service: dict[str, Any], *, local: bool) -> None:
    for mount in service.get("volumes", []):
        source = mount.get("source", "")
        if mount.get("type") != "bind":
            continue
        if source.startswith("~"):
            raise ConfigError(
                f"bind mount `{source}` means another folder for everybody who deploys",
                place=f"services.{name}.volumes",
                hint="write the whole path",
            )
        if not local and not source.startswith("/"):
            raise ConfigError(
                f"bind mount `{source}` is a folder of this machine, and the host has no such folder",
                place=f"services.{name}.volumes",
                hint="use a named volume, a config, or an absolute path of the host",
            )
    for mount in service.get("secrets", []):
        _check_secret(model, name, service, mount["source"], local=local)


def _check_secret(model: Canonical, name: str, service: dict[str, Any], secret: str, *, local: bool) -> None:
    definition = model.secrets.get(secret, {})
    if str(definition.get("file", "")).startswith("~"):
        raise ConfigError(
            f"secret `{secret}` is another file for everybody who deploys",
            place=f"secrets.{secret}.file",
            hint="write the whole path",
        )
    if "file" in definition and not local:
        raise ConfigError(
            f"secret `{secret}` is a file of this machine, and the host has no such file",
            place=f"services.{name}.secrets",
            hint=f"declare it in stagecraft.yml, and say `environment: NAME` for `{secret}`",
        )
    if "environment" in definition and service.get("read_only"):
        raise ConfigError(
            f"secret `{secret}` cannot be put into a container that is `read_only`",
            place=f"services.{name}.secrets",
            hint="Compose copies it in: give it as `environment` or `file`, or drop `read_only`",
        )


def _used(services: Mapping[str, dict[str, Any]]) -> dict[str, set[str]]:
    """Return the names, by section, of the networks, volumes and so on that `services` use."""
    sections = ("networks", "volumes", "configs", "secrets", "models")
    used: dict[str, set[str]] = {section: set() for section in sections}
    for service in services.values():
        used["networks"] |= set(service.get("networks", {}))
        used["models"] |= set(service.get("models", {}))
        used["volumes"] |= {
            mount["source"]
            for mount in service.get("volumes", [])
            if mount.get("type") == "volume" and mount.get("source")
        }
        for section in ("configs", "secrets"):
            used[section] |= {mount["source"] for mount in service.get(section, [])}
    return used
