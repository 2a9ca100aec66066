"""What Compose files say about a project that has no `stagecraft.yml` yet (spec/commands/init.md)."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stagecraft.app.where import Where
from stagecraft.compose.variables import Use, has_userinfo, uses
from stagecraft.config import dotenv
from stagecraft.config.find import FILE
from stagecraft.config.load import COMPOSE_FILES
from stagecraft.config.names import steers
from stagecraft.config.plain_yaml import mapping, read
from stagecraft.engine.ports import Observer
from stagecraft.errors import ConfigError
from stagecraft.runtime.clock import SystemClock
from stagecraft.runtime.compose import ComposeReader, find_compose
from stagecraft.runtime.docker import Docker
from stagecraft.runtime.engine_access import EngineAccess
from stagecraft.runtime.process import Processes
from stagecraft.runtime.redact import Redactor
from stagecraft.runtime.running_projects import RunningProject, running_projects

DOTENV = ".env"
_NAMES = re.compile(r"(?:docker-)?compose\.[^.]+\.ya?ml")
_REGISTRY = re.compile(
    r"(?P<host>[a-z0-9.-]+\.[a-z]+(?::\d+)?|localhost:\d+|[a-z0-9.-]+:\d+)/(?P<path>.+)/[^/]+"
)


@dataclass(frozen=True)
class Variable:
    """One variable that the Compose files use."""

    name: str
    secret: bool
    needed: bool
    """False: every use has a default."""
    default: str
    """The first default; empty if there is none."""
    where: str
    """The first use: `services.web.image`."""
    dotenv: str | None
    """Its value in `.env`, or None."""


@dataclass(frozen=True)
class Survey:
    """What is known before a question is asked."""

    file: Path
    """Where `stagecraft.yml` will be."""
    compose: tuple[str, ...]
    left_out: tuple[str, ...]
    """Compose files beside them that are not read."""
    project: str
    services: tuple[str, ...]
    built: tuple[str, ...]
    profiles: tuple[str, ...]
    registry: str | None
    """Where the images of built services already have their names."""
    variables: tuple[Variable, ...]
    notes: tuple[str, ...]
    running: tuple[RunningProject, ...]

    @property
    def folder(self) -> Path:
        """Return the project's folder."""
        return self.file.parent

    @property
    def adopted(self) -> str | None:
        """Return the running Compose project that is this one; None if there is none, or several.

        It was started from this folder; or it has the same services, and the name that Compose gives to this
        folder, which then has moved.
        """
        own = set(self.services)
        same = [one for one in self.running if one.services <= own and one.folder == str(self.folder)]
        same = same or [one for one in self.running if one.services == own and one.name == self.project]
        return same[0].name if len(same) == 1 else None


def survey(where: Where, observer: Observer, named: Sequence[str], env: str) -> Survey:
    """Look at the folder. Raises ConfigError: there is a `stagecraft.yml` already, or nothing to read."""
    file = where.cwd / (where.config or FILE)
    if file.exists() or file.is_symlink():
        raise ConfigError(
            f"`{file.name}` is there already", hint="`stagecraft config check` says what it defines"
        )
    folder = file.parent.resolve()
    compose, left_out = _files(folder, named, env)
    processes = Processes(observer, Redactor(), tuple, SystemClock())
    reader = ComposeReader(
        processes, find_compose(Path(where.environ.get("HOME", "/")), where.environ.get("PATH"))
    )
    model = reader.as_written(folder, compose)
    services = mapping(model.get("services"))
    values, notes = _dotenv(folder)
    variables = _variables(uses(model), values)
    return Survey(
        file=folder / file.name,
        compose=compose,
        left_out=left_out,
        project=_project(folder, compose),
        services=tuple(sorted(services)),
        built=tuple(sorted(name for name, service in services.items() if service.get("build"))),
        profiles=tuple(
            sorted({one for service in services.values() for one in service.get("profiles") or ()})
        ),
        registry=_registry(services),
        variables=tuple(one for one in variables if not steers(one.name)),
        notes=(
            *notes,
            *(
                f"`{one.name}` cannot be declared: write a value in the Compose file"
                for one in variables
                if steers(one.name) and one.needed
            ),
        ),
        running=running_projects(Docker(EngineAccess.of(where.environ), processes)),
    )


def _files(folder: Path, named: Sequence[str], env: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the Compose files to read and those beside them that are not."""
    for name in named:
        if not (folder / name).is_file():
            raise ConfigError(f"Compose file `{name}` is not there", hint="check `--compose`")
    base = [name for name in COMPOSE_FILES if (folder / name).is_file()][:1]
    if not (named or base):
        raise ConfigError(f"there is no Compose file in `{folder}`", hint="name it with `--compose FILE`")
    beside = sorted(path.name for path in folder.iterdir() if _NAMES.fullmatch(path.name))
    of_env = [name for name in beside if name.split(".")[1] in {env, _LONG.get(env, env)}]
    chosen = tuple(named or [*base, *of_env])
    return chosen, tuple(name for name in beside if name not in chosen)


_LONG = {"prod": "production", "dev": "development", "stage": "staging"}


def _project(folder: Path, compose: Sequence[str]) -> str:
    """Return the name the Compose file gives, else the folder's, as a project name."""
    try:
        named = [mapping(read(folder / name)).get("name") for name in compose]
    except (OSError, ValueError):
        named = []
    name = next((one for one in named if isinstance(one, str) and "$" not in one), folder.name)
    return re.sub(r"[^a-z0-9_-]+", "-", name.lower()).strip("-_")[:63] or "project"


def _registry(services: Mapping[str, Any]) -> str | None:
    """Return the registry and path that the images of all built services have in common, or None."""
    images = [str(service.get("image") or "") for service in services.values() if service.get("build")]
    found = [_REGISTRY.fullmatch(re.sub(r":[^/]*$|@.*$", "", image)) for image in images]
    places = {match[0].rpartition("/")[0] if match else "" for match in found}
    place = places.pop() if len(places) == 1 else ""
    return place if place and "$" not in place else None


def _dotenv(folder: Path) -> tuple[dict[str, str], list[str]]:
    if not (folder / DOTENV).is_file():
        return {}, []
    try:
        return dotenv.read(folder, DOTENV), []
    except ConfigError as error:
        return {}, [f"`{DOTENV}` is not used: {error}"]


def _variables(found: Sequence[Use], values: Mapping[str, str]) -> tuple[Variable, ...]:
    made = []
    for name in sorted({use.name for use in found}):
        own = [use for use in found if use.name == name]
        value = values.get(name)
        made.append(
            Variable(
                name=name,
                secret=any(use.secret for use in own) or has_userinfo(value or ""),
                needed=any(use.default is None for use in own),
                default=next((use.default for use in own if use.default), ""),
                where=".".join(own[0].place),
                dotenv=value,
            )
        )
    return tuple(made)
