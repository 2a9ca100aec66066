"""Find and read `stagecraft.yml`. Raises ConfigError with file, line, key path and a hint; nothing else."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import ValidationError

from stagecraft.config import dotenv, problems, tree
from stagecraft.config.node import Path as KeyPath
from stagecraft.config.project import Environment, Project
from stagecraft.errors import ConfigError

FILE = "stagecraft.yml"
COMPOSE_FILES = ("compose.yaml", "compose.yml", "docker-compose.yaml", "docker-compose.yml")
"""The order of `docker compose`."""


@dataclass(frozen=True)
class Loaded:
    """A Project and where it came from."""

    project: Project
    file: Path
    lines: Mapping[KeyPath, int] = field(repr=False)

    @property
    def folder(self) -> Path:
        """Return the folder that paths in the file are relative to."""
        return self.file.parent

    def place(self, *path: str | int) -> str:
        """Return `stagecraft.yml:LINE` of a key path, or of the nearest key above it."""
        while path and path not in self.lines:
            path = path[:-1]
        return f"{self.file.name}:{self.lines[path]}" if path else self.file.name

    def compose_files(self) -> tuple[str, ...]:
        """Return the Compose files, relative to the folder. Raises ConfigError if one is not there."""
        for name in self.project.compose:
            if not (self.folder / name).is_file():
                raise ConfigError(f"Compose file `{name}` is not there", place=self.place("compose"))
        if self.project.compose:
            return self.project.compose
        for name in COMPOSE_FILES:
            if (self.folder / name).is_file():
                return (name,)
        raise ConfigError(
            f"there is no Compose file in `{self.folder}`", place=self.place(), hint="name it with `compose:`"
        )

    def variables(self, environment: Environment) -> dict[str, str]:
        """Return every declared variable: the variables file's, and over them those in the file itself.

        Raises ConfigError: file not there, not readable, or naming a secret.
        """
        if environment.variables_file is None:
            return dict(environment.variables)
        place = self.place("environments", environment.name, "variables_file")
        from_file = dotenv.read(self.folder, environment.variables_file, place)
        if both := sorted(from_file.keys() & self.project.secrets.keys()):
            raise ConfigError(
                f"`{both[0]}` is a secret, so it cannot be a variable too",
                place=environment.variables_file,
                hint=f"remove it there or under `secrets` in `{self.file.name}`",
            )
        return {**from_file, **environment.variables}


def find(cwd: Path, explicit: Path | None = None) -> Path:
    """Return the configuration file: the explicit one, else `stagecraft.yml` in `cwd`. Raises ConfigError."""
    path = cwd / (explicit or FILE)
    if path.is_file():
        return path
    if explicit is not None:
        problem = "is not a file" if path.exists() else "is not there"
        raise ConfigError(f"configuration file `{explicit}` {problem}", hint="check `--config`")
    raise ConfigError(f"there is no `{FILE}` in `{cwd}`", hint=_elsewhere(cwd))


def _elsewhere(cwd: Path) -> str:
    if (cwd / "stagecraft.yaml").is_file():
        return f"rename `stagecraft.yaml` to `{FILE}`, or add `--config stagecraft.yaml`"
    for parent in cwd.parents:
        if (parent / FILE).is_file():
            return f"there is one above: `cd {parent}`, or name it with `--config`"
    return "name it with `--config`; spec/config.md shows what goes into it"


def load(path: Path) -> Loaded:
    """Return the validated Project in the file `path`. Raises ConfigError that lists every problem."""
    file = Path(os.path.abspath(path))  # noqa: PTH100 - not resolve(): a link's folder counts, not its target's
    root = tree.parse(_bytes(file), file.name)
    if not isinstance(root.value, Mapping):
        raise ConfigError("must be a mapping of keys", place=f"{file.name}:{root.line}")
    try:
        project = Project.model_validate(root.plain())
    except ValidationError as error:
        raise problems.config_error(error, root, file.name) from None
    return Loaded(project, file, dict(root.lines()))


def _bytes(file: Path) -> bytes:
    """Return at most one byte more than allowed, so that a huge file costs nothing."""
    try:
        if not file.is_file():
            raise ConfigError("is not a file", place=file.name)
        with file.open("rb") as stream:
            return stream.read(tree.MAX_BYTES + 1)
    except OSError as error:
        raise ConfigError(f"cannot be read: {error.strerror}", place=file.name) from None
