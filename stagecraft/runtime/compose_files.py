"""Every file a Compose project is written in, found before Compose reads them.

Two things need it: an undeclared variable is reported with file and line, and what Compose would take from
somewhere undeclared (the `.env` of an included folder, another machine) is refused.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from stagecraft.errors import ConfigError

_MAX_BYTES = 1_000_000
_BASE: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_NAME = re.compile(r"\$\{?([A-Za-z_][A-Za-z0-9_]*)\}?")


class _Loader(_BASE):  # type: ignore[misc]
    """Knows nothing of Compose's own tags (`!reset`, `!override`): what they mark is of no interest here."""


_Loader.add_multi_constructor("!", lambda _loader, _suffix, _node: None)


@dataclass(frozen=True)
class _Reference:
    """A file named by another one."""

    path: Path
    by: Path


def compose_files(folder: Path, files: tuple[str, ...], variables: Mapping[str, str]) -> tuple[Path, ...]:
    """Return `files` (relative to `folder`) and everything they include or extend, each once, in order.

    Raises ConfigError: a file is missing or no YAML, an `include` that is not a local file, or one beside a
    `.env` that Compose would read although nothing declares it.
    """
    pending = [_Reference(folder / file, folder) for file in files]
    seen: dict[Path, None] = {}
    while pending:
        reference = pending.pop(0)
        if reference.path in seen:
            continue
        seen[reference.path] = None
        document = _load(reference)
        pending += _included(document, reference.path, variables)
        pending += _extended(document, reference.path, variables)
    return tuple(seen)


def place_of(name: str, files: tuple[Path, ...], folder: Path) -> str:
    """Return `file:line` of the first `${name}` or `$name` without a default, or an empty string."""
    used = re.compile(rf"(?<!\$)(?:\$\$)*\$(?:\{{{name}\}}|{name}\b)")
    for file in files:
        for number, line in enumerate(file.read_text(errors="replace").splitlines(), start=1):
            if used.search(line) and not line.lstrip().startswith("#"):
                return f"{relative(file, folder)}:{number}"
    return ""


def relative(file: Path, folder: Path) -> str:
    """Return how a person names `file` from `folder`."""
    return str(file.relative_to(folder)) if file.is_relative_to(folder) else str(file)


def _load(reference: _Reference) -> dict[str, Any]:
    try:
        if reference.path.stat().st_size > _MAX_BYTES:
            raise ConfigError(
                f"`{reference.path}` is larger than {_MAX_BYTES} bytes", hint="is it a Compose file?"
            )
        document = yaml.load(reference.path.read_bytes(), Loader=_Loader)  # noqa: S506  # a safe loader
    except OSError as error:
        raise ConfigError(
            f"cannot read the Compose file `{reference.path}`: {error.strerror}",
            place=str(reference.by),
            hint="check `compose` in stagecraft.yml, `include` and `extends`: they take local files",
        ) from error
    except (yaml.YAMLError, ValueError, RecursionError):
        return {}  # Compose says it better, with its own line number
    return document if isinstance(document, dict) else {}


def _included(document: dict[str, Any], by: Path, variables: Mapping[str, str]) -> Iterator[_Reference]:
    for entry in _listed(document.get("include")):
        include = entry if isinstance(entry, dict) else {"path": entry}
        paths = [by.parent / _expanded(str(path), by, variables) for path in _listed(include.get("path"))]
        if not paths:
            continue
        home = include.get("project_directory")
        folder = by.parent / _expanded(str(home), by, variables) if home else paths[0].parent
        if not include.get("env_file") and (folder / ".env").is_file():
            raise ConfigError(
                f"including `{paths[0].name}` would read `{folder / '.env'}`, which nothing declares",
                place=str(by),
                hint="name it (`include: [{path: ..., env_file: ...}]`), or move it away",
            )
        yield from (_Reference(path, by) for path in paths)


def _extended(document: dict[str, Any], by: Path, variables: Mapping[str, str]) -> Iterator[_Reference]:
    services = document.get("services")
    for service in services.values() if isinstance(services, dict) else ():
        extends = service.get("extends") if isinstance(service, dict) else None
        if isinstance(extends, dict) and extends.get("file"):
            yield _Reference(by.parent / _expanded(str(extends["file"]), by, variables), by)


def _listed(value: object) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _expanded(path: str, by: Path, variables: Mapping[str, str]) -> str:
    expanded = _NAME.sub(lambda match: variables.get(match[1], match[0]), path)
    if "$" in expanded or "://" in expanded or expanded.startswith(("oci:", "git@", "github.com/")):
        raise ConfigError(
            f"`{path}` is not a local file with declared variables only",
            place=str(by),
            hint="a plan needs no network: include and extend files of the working tree",
        )
    return expanded
