"""What the Compose reader hands to the pure code: Compose's own reading, and what has to stay out of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class EnvFile:
    """One `env_file` reference; its values are read by Compose at the moment of use, never by a plan."""

    path: str
    """Relative to the project folder, or absolute."""
    required: bool = True
    format: str | None = None


@dataclass(frozen=True)
class ConfigFile:
    """What a `configs.<name>.file` holds now."""

    data: bytes
    executable: bool = False
    """The one bit of a file's mode that Git tracks; the others differ from clone to clone."""


@dataclass(frozen=True)
class Source:
    """A Compose project as `docker compose config --no-path-resolution` reads it."""

    model: Mapping[str, Any]
    """As Compose printed it: strings carry `$$` for `$`, and a token where a secret belongs."""
    compose_version: str
    directory: str = "."
    """The folder paths in `model` are relative to, seen from the folder of `stagecraft.yml`."""
    tokens: Mapping[str, str] = field(default_factory=dict)
    """Secret name -> the token that stands for its value in `model`."""
    variables: Mapping[str, str] = field(default_factory=dict)
    env_files: Mapping[str, tuple[EnvFile, ...]] = field(default_factory=dict)
    """Service -> its `env_file` list, in order."""
    files: Mapping[str, ConfigFile] = field(default_factory=dict)
    """Config name -> the content of its `file`."""
    paths: tuple[str, ...] = ()
    """Every Compose file that was read, seen from the folder of `stagecraft.yml`."""
