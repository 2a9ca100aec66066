"""Compose's reading of the user's files -> one canonical model, the same for every Compose version."""

import posixpath
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from stagecraft.compose import dollars
from stagecraft.compose.strategy import EXTENSION, check
from stagecraft.compose.versions import check_executed
from stagecraft.errors import ConfigError
from stagecraft.model.source import ConfigFile, EnvFile, Source

_Section = dict[str, dict[str, Any]]
_SECTIONS = frozenset({"name", "services", "networks", "volumes", "configs", "secrets", "models"})
_NOTHING: tuple[object, ...] = (None, {})
_NEVER_EMPTY = ("command", "entrypoint")
"""An empty list here is not the absence of one."""


@dataclass(frozen=True)
class Canonical:
    """A Compose project. Paths are relative to the folder of `stagecraft.yml`; `${NAME}` is a secret."""

    services: _Section
    networks: _Section
    volumes: _Section
    configs: _Section
    secrets: _Section
    models: _Section
    files: Mapping[str, ConfigFile]
    """Config name -> the content of its `file`."""
    variables: Mapping[str, str]
    secret_names: frozenset[str]
    """The declared secrets."""


def canonical(source: Source) -> Canonical:
    """Return the model every other module of this package works on.

    Raises ConfigError: a secret or a `$` in a mapping key, a label that is ours, or a key that the Compose
    here would not execute.
    """
    _check_keys(source)
    model = dollars.mapped(dict(source.model), lambda text: _with_names(text, source.tokens))
    services = {
        name: _service(name, service, source) for name, service in sorted(model.get("services", {}).items())
    }
    check_executed(services, source.compose_version)
    _check_sections(model)
    return Canonical(
        services=services,
        networks=_section(model, "networks"),
        volumes={name: _volume(item, source.directory) for name, item in _section(model, "volumes").items()},
        configs={name: _filed(item, source.directory) for name, item in _section(model, "configs").items()},
        secrets={name: _filed(item, source.directory) for name, item in _section(model, "secrets").items()},
        models=_section(model, "models"),
        files=source.files,
        variables=source.variables,
        secret_names=frozenset(source.tokens),
    )


def is_remote(path: str) -> bool:
    """Whether a build context is fetched from elsewhere (Compose specification, `build.context`)."""
    return "://" in path or path.startswith(("git@", "github.com/"))


def _check_sections(model: Mapping[str, Any]) -> None:
    unknown = sorted(key for key in model if key not in _SECTIONS and not key.startswith("x-"))
    if unknown:
        raise ConfigError(
            f"`{unknown[0]}` is a part of Compose that Stagecraft does not know",
            place=unknown[0],
            hint="remove it: leaving it out without a word would change what the file means",
        )


def _check_keys(source: Source) -> None:
    for key in dollars.keys(dict(source.model)):
        for name, token in source.tokens.items():
            if token in key:
                raise ConfigError(
                    f"secret `{name}` is used as the name of something",
                    hint="a secret can only be part of a value",
                )
        if "$" in key:
            raise ConfigError(
                f"the key `{dollars.unescaped(key)}` contains a `$`",
                hint="Compose changes such a key each time it reads it: choose another name",
            )


def _with_names(text: str, tokens: Mapping[str, str]) -> str:
    for name, token in tokens.items():
        text = text.replace(token, f"${{{name}}}")
    return text


def _section(model: dict[str, Any], name: str) -> _Section:
    section = {key: _plain(item or {}) for key, item in sorted(model.get(name, {}).items())}
    for item in section.values():
        if item.get("ipam") in _NOTHING:
            item.pop("ipam", None)
    return section


def _service(name: str, service: dict[str, Any], source: Source) -> dict[str, Any]:
    said = {EXTENSION: _sorted(service[EXTENSION])} if service.get(EXTENSION) is not None else {}
    service = _plain(service) | said
    service.pop("develop", None)
    check(name, service)
    for key in [key for key in _NEVER_EMPTY if service.get(key) is None]:
        service.pop(key, None)
    if service.get("deploy", {}).get("placement") in _NOTHING:
        service.get("deploy", {}).pop("placement", None)
    for throttles in service.get("blkio_config", {}).values():
        if isinstance(throttles, list):
            throttles[:] = [{key.lower(): item for key, item in one.items()} for one in throttles]
    if files := source.env_files.get(name):
        service["env_file"] = [_env_file(file, source.directory) for file in files]
    for key in ("volumes", "configs", "secrets"):
        service[key] = [_mounted(mount, source.directory) for mount in service.get(key, [])]
    if build := service.get("build"):
        service["build"] = _build(build, source.directory)
    _check_labels(name, service.get("labels", {}))
    return {key: service[key] for key in sorted(service) if service[key] != [] or key in _NEVER_EMPTY}


def _plain(item: dict[str, Any]) -> dict[str, Any]:
    """Return a copy with sorted keys, all the way down, without extensions at the top of it."""
    return {key: _sorted(value) for key, value in sorted(item.items()) if not key.startswith("x-")}


def _sorted(value: Any) -> Any:
    match value:
        case dict():
            return {key: _sorted(item) for key, item in sorted(value.items())}
        case list():
            return [_sorted(item) for item in value]
        case _:
            return value


def _env_file(file: EnvFile, directory: str) -> dict[str, Any]:
    format_ = {"format": file.format} if file.format else {}
    return {**format_, "path": rebased(file.path, directory), "required": file.required}


def _mounted(mount: dict[str, Any], directory: str) -> dict[str, Any]:
    mount = dict(mount)
    if mount.get("type") == "bind" and isinstance(mount.get("source"), str):
        mount["source"] = rebased(mount["source"], directory)
    if isinstance(mount.get("mode"), str):
        mount["mode"] = int(mount["mode"], 8)  # 2.40 prints a quoted octal, 2.26 a decimal number
    return mount


def _filed(item: dict[str, Any], directory: str) -> dict[str, Any]:
    return {**item, "file": rebased(item["file"], directory)} if "file" in item else item


def _volume(item: dict[str, Any], directory: str) -> dict[str, Any]:
    options = item.get("driver_opts", {})
    if item.get("driver", "local") != "local" or "bind" not in str(options.get("o", "")).split(","):
        return item
    return {**item, "driver_opts": {**options, "device": rebased(str(options.get("device", "")), directory)}}


def _build(build: dict[str, Any], directory: str) -> dict[str, Any]:
    contexts = {
        name: path if _is_reference(path) else rebased(path, directory)
        for name, path in build.get("additional_contexts", {}).items()
    }
    context = build.get("context", ".")
    rebuilt = {**build, "context": context if is_remote(context) else rebased(context, directory)}
    if contexts:
        rebuilt["additional_contexts"] = contexts
    if keyed := build.get("ssh"):
        rebuilt["ssh"] = {name: path and rebased(path, directory) for name, path in keyed.items()}
    return rebuilt


def _is_reference(path: str) -> bool:
    return is_remote(path) or path.startswith(("service:", "target:"))


def rebased(path: str, directory: str) -> str:
    """Return a path that was relative to `directory`, seen from the folder of `stagecraft.yml`."""
    if directory == "." or path.startswith(("/", "~", "${")):
        return path
    joined = posixpath.normpath(posixpath.join(directory, path))
    return joined if joined.startswith(".") else f"./{joined}"


def _check_labels(name: str, labels: Mapping[str, object]) -> None:
    for label in labels:
        if label.startswith("stagecraft."):
            raise ConfigError(
                f"label `{label}` is one of Stagecraft's own",
                place=f"services.{name}.labels",
                hint="labels `stagecraft.*` are written by Stagecraft: remove it",
            )
