"""Canonical model -> the definition for `docker buildx bake -f -`, JSON.

Bake never reads the Compose file itself: it drops keys without a word (spec/facts.md, Build). Sources: the
Compose Build Specification, and the Bake file reference in Docker's documentation.
"""

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from stagecraft.compose import dollars
from stagecraft.compose.canonical import Canonical
from stagecraft.errors import ConfigError

_NO_ATTESTATIONS = ["type=provenance,disabled=true", "type=sbom,disabled=true"]
_SAYS_NOTHING: tuple[object, ...] = (None, "", [], {}, False)
_ALIKE = {
    "context": "context",
    "dockerfile": "dockerfile",
    "dockerfile_inline": "dockerfile-inline",
    "target": "target",
    "cache_from": "cache-from",
    "cache_to": "cache-to",
    "network": "network",
    "platforms": "platforms",
    "pull": "pull",
    "no_cache": "no-cache",
    "no_cache_filter": "no-cache-filter",
    "shm_size": "shm-size",
}
"""Compose build key -> bake key, where the value is the same."""


def definition(
    model: Canonical, tags: Mapping[str, str], labels: Mapping[str, Mapping[str, str]] | None = None
) -> str:
    """Return the build definition of the services in `tags` (service -> `repository:tag`).

    `labels` are added to each image, by service. Paths are relative to the folder of `stagecraft.yml`.

    Raises ConfigError: a build key that cannot be carried, a secret outside of `build.secrets`, two services
    that build one image in different ways.
    """
    _check_one_builder(model, tags)
    names = {service: target_name(service) for service in sorted(tags)}
    document = {
        "group": {"default": {"targets": list(names.values())}},
        "target": {
            target: _target(model, service, tags, (labels or {}).get(service, {}))
            for service, target in names.items()
        },
    }
    return json.dumps(_for_hcl(document), indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def target_name(service: str) -> str:
    """Return the bake target of a service: a target's name cannot have a dot."""
    return service.replace(".", "__dot__")


def _check_one_builder(model: Canonical, tags: Mapping[str, str]) -> None:
    builders: dict[str, str] = {}
    for service in sorted(tags):
        image = model.services[service].get("image")
        other = builders.get(image or "", service)
        if image and model.services[other].get("build") != model.services[service].get("build"):
            raise ConfigError(
                f"services `{other}` and `{service}` both build image `{image}`",
                place=f"services.{service}.build",
                hint="let one of them build it, and the other only say `image:`",
            )
        builders[image or ""] = service


def _target(
    model: Canonical, service: str, tags: Mapping[str, str], labels: Mapping[str, str]
) -> dict[str, Any]:
    build = model.services[service].get("build")
    if build is None:
        raise ConfigError(f"service `{service}` has no `build:`", place=f"services.{service}")
    _check_secrets(service, build)
    build = dollars.mapped(build, dollars.unescaped)
    target: dict[str, Any] = {
        "tags": [tags[service], *build.get("tags", [])],
        "attest": _NO_ATTESTATIONS,
    }
    for key, value in build.items():
        if key in ("tags", "labels") or value in _SAYS_NOTHING or (key, value) == ("network", "default"):
            continue
        if key in _ALIKE:
            target[_ALIKE[key]] = value
        elif key in _SHAPED:
            name, shape = _SHAPED[key]
            target[name] = shape(value)
        elif key == "secrets":
            target["secret"] = [_secret(model, service, one) for one in value]
        elif key == "additional_contexts":
            target["contexts"] = {name: _context(service, path, tags) for name, path in value.items()}
        else:
            raise _uncarried(service, key)
    if both := {**build.get("labels", {}), **labels}:
        target["labels"] = both
    return target


def _uncarried(service: str, key: str) -> ConfigError:
    return ConfigError(
        f"`build.{key}` of service `{service}` cannot be carried over to `docker buildx bake`",
        place=f"services.{service}.build.{key}",
        hint=f"remove it, or build the image elsewhere and release it with `--image {service}=...`",
    )


def _check_secrets(service: str, build: dict[str, Any]) -> None:
    for key, value in build.items():
        if names := sorted(dollars.references(value)):
            raise ConfigError(
                f"secret `{names[0]}` would end up in the image of service `{service}`",
                place=f"services.{service}.build.{key}",
                hint=f"use `build.secrets`, and `RUN --mount=type=secret,id={names[0]}` in the Dockerfile",
            )


def _args(value: Mapping[str, Any]) -> dict[str, str]:
    return {name: str(one) for name, one in value.items() if one is not None}


def _ulimits(value: Mapping[str, Any]) -> list[str]:
    return [
        f"{name}={limit['soft']}:{limit['hard']}" if isinstance(limit, dict) else f"{name}={limit}:{limit}"
        for name, limit in sorted(value.items())
    ]


def _ssh(value: Mapping[str, Any]) -> list[str]:
    return [f"{name}={path}" if path else name for name, path in sorted(value.items())]


def _hosts(value: list[str]) -> dict[str, str]:
    hosts: dict[str, str] = {}
    for host, _, address in (re.split("([=:])", one, maxsplit=1) for one in value):
        if host in hosts:
            raise ConfigError(
                f"`build.extra_hosts` names `{host}` twice",
                hint="bake carries one address a host: remove one",
            )
        hosts[host] = address
    return hosts


_SHAPED: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "args": ("args", _args),
    "ulimits": ("ulimits", _ulimits),
    "ssh": ("ssh", _ssh),
    "extra_hosts": ("extra-hosts", _hosts),
}
"""Compose build key -> bake key, and the change of shape it takes."""


def _secret(model: Canonical, service: str, mount: dict[str, Any]) -> str:
    if beyond := sorted(set(mount) - {"source", "target"}):
        raise _uncarried(service, f"secrets.{beyond[0]}")
    source = model.secrets[mount["source"]]
    name = mount.get("target") or mount["source"]
    value = f"env={source['environment']}" if "environment" in source else f"src={source.get('file', '')}"
    entry = f"id={name},{value}"
    if entry.count(",") > 1 or '"' in entry or source.get("external"):
        raise _uncarried(service, f"secrets.{mount['source']}")
    return entry


def _context(service: str, path: str, tags: Mapping[str, str]) -> str:
    kind, _, other = path.partition(":")
    if kind != "service":
        return path
    if other not in tags:
        raise ConfigError(
            f"service `{service}` is built from the image of `{other}`, which is not built here",
            place=f"services.{service}.build.additional_contexts",
            hint=f"build both, or name an image: `docker-image://...` instead of `service:{other}`",
        )
    return f"target:{target_name(other)}"


def _for_hcl(value: Any) -> Any:
    """Return `value` with every string and key escaped: in bake's JSON each one is an HCL template."""
    match value:
        case str():
            return value.replace("${", "$${").replace("%{", "%%{")
        case dict():
            return {_for_hcl(key): _for_hcl(item) for key, item in value.items()}
        case list():
            return [_for_hcl(item) for item in value]
        case _:
            return value
