"""Read `stagecraft.yml`. Raises ConfigError with file, line, key path and a hint; nothing else."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import ValidationError

from stagecraft.config import dotenv, tree
from stagecraft.config.node import Path as KeyPath
from stagecraft.config.project import Environment, Project
from stagecraft.errors import ConfigError

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
                there = ", ".join(f"`{path.name}`" for path in sorted(self.folder.glob("*compose*.y*ml")))
                raise ConfigError(
                    f"Compose file `{name}` is not there",
                    place=self.place("compose"),
                    hint=f"there is {there}" if there else "paths start at the folder of this file",
                )
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


def load(path: Path) -> Loaded:
    """Return the validated Project in the file `path`. Raises ConfigError that lists every problem."""
    file = Path(os.path.abspath(path))  # noqa: PTH100 - not resolve(): a link's folder counts, not its target's
    return parsed(_bytes(file), file)


def parsed(data: bytes, file: Path) -> Loaded:
    """Return the validated Project in `data`, the content of `file`. Raises ConfigError like `load`."""
    root = tree.parse(data, file.name)
    if not isinstance(root.value, Mapping):
        raise ConfigError("must be a mapping of keys", place=f"{file.name}:{root.line}")
    try:
        project = Project.model_validate(root.plain())
    except ValidationError as error:
        from stagecraft.config import problems  # noqa: PLC0415 - only who made a mistake waits for it

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
