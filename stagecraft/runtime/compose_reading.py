"""One reading of Compose files: what is declared, and every way it can be refused.

Compose's own warnings are the one place where text is matched: nothing else says that a variable was missing.
tests/runtime/test_compose.py runs that match against the real program.
"""

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stagecraft.errors import ConfigError
from stagecraft.model.source import ConfigFile
from stagecraft.runtime.compose_files import place_of

_MISSING = re.compile(r'level=warning msg="The \\"(?P<name>[^"\\]+)\\" variable is not set')
_WARNING = re.compile(r"^time=\S+ level=warning .*\n?", re.MULTILINE)
_STEERING = ("COMPOSE_", "DOCKER_")
_FOLDER = "PWD"
"""Compose 2.40 sets it to the machine's own path, unless it is given."""


@dataclass(frozen=True)
class Reading:
    """One reading under way."""

    folder: Path
    files: tuple[str, ...]
    directory: str
    project: str
    profiles: tuple[str, ...]
    variables: Mapping[str, str]
    tokens: Mapping[str, str]
    paths: tuple[Path, ...]

    @property
    def home(self) -> Path:
        """The folder Compose runs in."""
        return self.folder / self.directory

    @property
    def environment(self) -> dict[str, str]:
        """Everything Compose is told, and nothing else."""
        folder = {} if _FOLDER in self.variables else {_FOLDER: token(_FOLDER)}
        return {**self.variables, **self.tokens, **folder}


def token(name: str) -> str:
    """Return what stands for a secret's value: letters and digits that Compose neither changes nor reads."""
    number = int(hashlib.sha256(f"stagecraft secret {name}".encode()).hexdigest(), 16) % 10**24
    return f"zzsc{number:024d}zz"


def named(text: str, tokens: Mapping[str, str]) -> list[str]:
    """Return the secrets whose token is in `text`; Compose may have cut off letters at the end of it."""
    return [name for name, token in tokens.items() if token.removesuffix("zz") in text]


def check_names(names: Iterable[str]) -> None:
    for name in names:
        if name.startswith(_STEERING):
            raise ConfigError(
                f"`{name}` cannot be a variable or a secret: it would steer Docker itself",
                hint="choose another name; names `COMPOSE_...` and `DOCKER_...` are Docker's own",
            )


def refusal(stderr: str, reading: Reading) -> ConfigError:
    """Return Compose's own words as an error, without a token in them."""
    if names := named(stderr, reading.tokens):
        return ConfigError(
            f"secret `{names[0]}` is used where Compose needs a number, a size, a duration or a boolean",
            place=place_of(names[0], reading.paths, reading.folder),
            hint="a secret's value is unknown when a plan is made: use a variable for it",
        )
    words = _WARNING.sub("", stderr).strip() or "it gave no reason"
    return ConfigError(
        f"`docker compose config` refuses the Compose file: {words}",
        place=", ".join(reading.files),
        hint="correct it; `docker compose config` says the same",
    )


def check_declared(stdout: str, stderr: str, reading: Reading) -> None:
    """Refuse names that Compose had no value for. Raises ConfigError with all of them."""
    missing = {match["name"] for match in _MISSING.finditer(stderr)}
    if token(_FOLDER) in stdout:
        missing.add(_FOLDER)
    if missing:
        raise _undeclared(sorted(missing), reading)


def _undeclared(names: Sequence[str], reading: Reading) -> ConfigError:
    places = [place_of(name, reading.paths, reading.folder) for name in names]
    hint = (
        "declare it under `variables` or `secrets` in stagecraft.yml, or write a default:"
        f" `${{{names[0]}:-...}}`"
    )
    if len(names) == 1:
        return ConfigError(f"`{names[0]}` is not declared", place=places[0], hint=hint)
    listed = (
        f"`{name}` ({place})" if place else f"`{name}`" for name, place in zip(names, places, strict=True)
    )
    return ConfigError(f"{', '.join(listed)} are not declared", hint=hint)


def check_bare(reading: Reading, model: Mapping[str, Any]) -> None:
    """Refuse names that would be taken from whoever deploys."""
    declared = {*reading.variables, *reading.tokens}
    missing = {
        name
        for service in model.get("services", {}).values()
        for name, value in (service.get("environment") or {}).items()
        if value is None
    }
    for section in ("configs", "secrets"):
        missing |= {
            item["environment"] for item in (model.get(section) or {}).values() if "environment" in item
        }
    if missing - declared:
        raise _undeclared(sorted(missing - declared), reading)


def config_files(reading: Reading, model: Mapping[str, Any]) -> dict[str, ConfigFile]:
    used = {
        mount["source"]
        for service in model.get("services", {}).values()
        for mount in service.get("configs") or []
    }
    files = {}
    for name in sorted(used):
        if file := model.get("configs", {}).get(name, {}).get("file"):
            files[name] = _config_file(reading, name, file)
    return files


def _config_file(reading: Reading, name: str, file: str) -> ConfigFile:
    for secret in named(file, reading.tokens):
        raise ConfigError(
            f"secret `{secret}` is used in the path of config `{name}`", hint="use a variable for it"
        )
    path = reading.folder / reading.directory / file.replace("$$", "$")
    try:
        return ConfigFile(path.read_bytes(), executable=bool(path.stat().st_mode & 0o100))
    except OSError as error:
        raise ConfigError(
            f"cannot read `{file}` of config `{name}`: {error.strerror}",
            place=f"configs.{name}.file",
            hint="a relative path starts at the folder of the first Compose file",
        ) from error
