"""Every file a Compose project is written in, found before Compose reads them.

Two things need it: an undeclared variable is reported with file and line, and what Compose would take from
somewhere undeclared (the `.env` of an included folder, another machine) is refused.
"""

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from stagecraft.errors import ConfigError

_MAX_BYTES = 1_000_000
_ELSEWHERE = ("oci:", "git@", "github.com/")
"""How Compose recognises what it has to fetch (besides an address with `://`)."""
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
    base: Path
    """Where Compose starts the relative paths it names: the project folder for every `-f` file."""


def compose_files(folder: Path, files: tuple[str, ...], variables: Mapping[str, str]) -> tuple[Path, ...]:
    """Return `files` (relative to `folder`) and everything they include or extend, each once, in order.

    Raises ConfigError: a file is missing or too large, an `include` that is not a local file, or one beside a
    `.env` that Compose would read although nothing declares it.
    """
    return _Walk(folder, variables).files(files)


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


@dataclass(frozen=True)
class _Walk:
    """From file to file. Places in errors are seen from `folder`."""

    folder: Path
    variables: Mapping[str, str]

    def files(self, named: tuple[str, ...]) -> tuple[Path, ...]:
        by, base = self.folder / "stagecraft.yml", (self.folder / named[0]).parent
        pending = [_Reference(self.folder / file, by, base) for file in named]
        seen: dict[Path, None] = {}
        while pending:
            reference = pending.pop(0)
            if reference.path in seen:
                continue
            seen[reference.path] = None
            document = self._load(reference)
            pending += self._included(document, reference)
            pending += self._extended(document, reference)
        return tuple(seen)

    def _load(self, reference: _Reference) -> dict[str, Any]:
        name = relative(reference.path, self.folder)
        try:
            if reference.path.stat().st_size > _MAX_BYTES:
                raise ConfigError(f"`{name}` is larger than {_MAX_BYTES} bytes", hint="is it a Compose file?")
            document = yaml.load(reference.path.read_bytes(), Loader=_Loader)  # noqa: S506  # a safe loader
        except OSError as error:
            raise ConfigError(
                f"cannot read the Compose file `{name}`: {error.strerror}",
                place=relative(reference.by, self.folder),
                hint="check `compose` in stagecraft.yml, `include` and `extends`: they take local files",
            ) from error
        except (yaml.YAMLError, ValueError, RecursionError):
            return {}  # Compose says it better, with its own line number
        return document if isinstance(document, dict) else {}

    def _included(self, document: dict[str, Any], by: _Reference) -> Iterator[_Reference]:
        for entry in _listed(document.get("include")):
            include = entry if isinstance(entry, dict) else {"path": entry}
            paths = [self._expanded(path, by) for path in _listed(include.get("path"))]
            if not paths:
                continue
            home = include.get("project_directory")
            base = self._expanded(home, by) if home else paths[0].parent
            env_file = base / ".env"
            if not include.get("env_file") and env_file.is_file():
                name, hidden = (relative(path, self.folder) for path in (paths[0], env_file))
                raise ConfigError(
                    f"including `{name}` would read `{hidden}`, which nothing declares",
                    place=relative(by.path, self.folder),
                    hint="name it (`include: [{path: ..., env_file: ...}]`), or move it away",
                )
            yield from (_Reference(path, by.path, base) for path in paths)

    def _extended(self, document: dict[str, Any], by: _Reference) -> Iterator[_Reference]:
        services = document.get("services")
        for service in services.values() if isinstance(services, dict) else ():
            extends = service.get("extends") if isinstance(service, dict) else None
            if isinstance(extends, dict) and extends.get("file"):
                path = self._expanded(extends["file"], by)
                yield _Reference(path, by.path, path.parent)

    def _expanded(self, written: object, by: _Reference) -> Path:
        """Return a path with declared variables only, normalised: one file has one name."""
        path = str(written)
        expanded = _NAME.sub(lambda match: self.variables.get(match[1], match[0]), path)
        if "$" in expanded or "://" in expanded or expanded.startswith(_ELSEWHERE):
            raise ConfigError(
                f"`{path}` is not a local file with declared variables only",
                place=relative(by.path, self.folder),
                hint="a plan needs no network: include and extend files of the working tree",
            )
        return Path(os.path.normpath(by.base / expanded))


def _listed(value: object) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]
