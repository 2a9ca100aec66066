"""init: write the first `stagecraft.yml`, and the lines that keep the store out of Git and images."""

import os
import posixpath
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from stagecraft.app import compose_project, rendering
from stagecraft.app.opened import opened
from stagecraft.app.store_folder import STORE
from stagecraft.app.survey import DOTENV, Survey, Variable
from stagecraft.app.where import Where
from stagecraft.compose.build_inputs import build_inputs, check_store_excluded
from stagecraft.config.load import parsed
from stagecraft.config.starter import Starter, Value, scalar, text
from stagecraft.engine.ports import Observer
from stagecraft.errors import ConfigError, StagecraftError
from stagecraft.runtime.clock import SystemClock
from stagecraft.runtime.process import Processes
from stagecraft.runtime.redact import Redactor

_GUESSES = (
    (("PORT",), "8080"),
    (("TAG", "VERSION"), "latest"),
    (("URL", "URI", "ORIGIN"), "http://localhost"),
    (("HOST", "HOSTNAME", "DOMAIN"), "localhost"),
    (("DIR", "PATH", "FOLDER"), "./data"),
    (("REPLICAS", "WORKERS", "COUNT", "CPUS"), "1"),
    (("MEM", "MEMORY", "SIZE", "LIMIT"), "256m"),
    (("TIMEOUT", "INTERVAL"), "30s"),
)
"""Values that Compose takes where such names are used; each is marked as one to be put right."""
_ADDRESS = re.compile(r"[\d.]+")
_OTHERWISE = "change-me"


@dataclass(frozen=True)
class Answers:
    """What cannot be read from a Compose file."""

    project: str
    environment: str
    registry: str | None = None
    hosts: tuple[str, ...] = ()


@dataclass(frozen=True)
class Started:
    """What was written, and what is left to a person."""

    written: tuple[str, ...]
    """One sentence a file."""
    to_edit: tuple[str, ...]
    """Variables whose value was guessed."""
    problem: StagecraftError | None
    """What `config check` says of it; None if nothing."""


def start(where: Where, observer: Observer, found: Survey, answers: Answers) -> Started:
    """Write the file and the lines, and check them. Raises ConfigError: it is there, an answer is wrong."""
    starter = starter_of(found, answers)
    content = text(starter)
    parsed(content.encode(), found.file)
    try:
        with found.file.open("x", encoding="utf-8") as stream:
            stream.write(content)
    except FileExistsError:
        raise ConfigError(f"`{found.file.name}` is there already") from None
    except OSError as error:
        raise ConfigError(f"`{found.file.name}` cannot be written: {error.strerror}") from None
    written = [f"`{found.file.name}`"]
    here = replace(where, cwd=found.folder, config=Path(found.file.name))
    problem = None
    try:
        written += _ignored(found)
        written += _kept_out_of_images(here, observer, answers.environment)
        rendering.check(here, observer)
    except StagecraftError as error:
        problem = error
    guessed = tuple(value.name for value in starter.variables if value.note)
    return Started(tuple(written), guessed, problem)


def starter_of(found: Survey, answers: Answers) -> Starter:
    """Return what the file is to say."""
    adopted = found.adopted if found.adopted != f"{answers.project}-{answers.environment}" else None
    return Starter(
        project=answers.project,
        compose=found.compose,
        environment=answers.environment,
        registry=answers.registry,
        secrets=tuple(_secret(one) for one in found.variables if one.secret),
        variables=tuple(_variable(one) for one in found.variables if not one.secret),
        compose_project=adopted,
        hosts=_hosts(answers.hosts),
        profiles=found.profiles,
    )


def _secret(variable: Variable) -> Value:
    source = f"{{env: {variable.name}}}" if variable.dotenv is None else f"{{dotenv: {DOTENV}}}"
    return Value(variable.name, source)


def _variable(variable: Variable) -> Value:
    if variable.dotenv is not None:
        return Value(variable.name, scalar(variable.dotenv))
    if not variable.needed:
        return Value(variable.name, scalar(variable.default), commented=True)
    if variable.default and "$" not in variable.default:
        return Value(variable.name, scalar(variable.default))
    return Value(
        variable.name, scalar(_guess(variable.name)), note=f"put it right: {variable.where} has no default"
    )


def _guess(name: str) -> str:
    last = name.upper().split("_")
    return next((value for words, value in _GUESSES if set(words) & set(last)), _OTHERWISE)


def _hosts(named: Sequence[str]) -> dict[str, str] | None:
    """Return name -> destination: `web-1=deploy@10.0.0.1`, or a destination that names itself."""
    found = {}
    for one in named:
        name, equals, destination = one.partition("=")
        if not equals:
            destination = one
            name = one.removeprefix("ssh://").rpartition("@")[2].partition(":")[0]
            name = name if _ADDRESS.fullmatch(name) else name.partition(".")[0]
        found[name.lower()] = destination
    return found or None


def _ignored(found: Survey) -> Iterator[str]:
    lines = [f"{STORE}/"]
    if any(one.secret and one.dotenv is not None for one in found.variables):
        lines.append(DOTENV)
    yield from _append(found.folder, ".gitignore", lines)


def _kept_out_of_images(where: Where, observer: Observer, env: str) -> Iterator[str]:
    """Add the store to the ignore file of every build context that it lies in."""
    here = opened(where, env)
    processes = Processes(observer, Redactor(), tuple, SystemClock())
    project = compose_project.read(where, here, processes)
    store = str(here.store_folder.resolve())
    for service in project.built:
        inputs = build_inputs(project.model, service)
        if not inputs.ignore_files:
            continue
        name = next(
            (one for one in inputs.ignore_files if (here.folder / one).is_file()), inputs.ignore_files[-1]
        )
        for context in inputs.folders:
            folder = str((here.folder / context).resolve())
            present = (
                (here.folder / name).read_text(encoding="utf-8") if (here.folder / name).is_file() else None
            )
            try:
                check_store_excluded(service, folder, store, present, name)
            except ConfigError:
                inside = posixpath.relpath(store, folder)
                yield from _append(here.folder, name, [inside] if inside != "." else [])


def _append(folder: Path, name: str, lines: Sequence[str]) -> Iterator[str]:
    """Add the lines that are not there yet; what is there stays."""
    path = folder / name
    present = path.read_text(encoding="utf-8", errors="surrogateescape") if path.is_file() else ""
    known = {line.strip().strip("/") for line in present.splitlines()}
    missing = [line for line in lines if line.strip("/") not in known]
    if not missing:
        return
    try:
        with path.open("a", encoding="utf-8") as stream:
            stream.write(
                ("\n" if present and not present.endswith("\n") else "")
                + "".join(f"{line}\n" for line in missing)
            )
    except OSError as error:
        raise ConfigError(
            f"`{name}` cannot be written: {error.strerror}", hint=f"add {', '.join(missing)}"
        ) from None
    yield f"`{os.path.normpath(name)}`: {', '.join(f'`{line}`' for line in missing)}"
