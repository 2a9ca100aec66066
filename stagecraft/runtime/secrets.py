"""Fetches secret values from where `stagecraft.yml` says they are (spec/secrets.md)."""

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import assert_never

from stagecraft.config import dotenv
from stagecraft.config.sources import CommandSource, DotenvSource, EnvSource, SecretSource
from stagecraft.errors import ConfigError, UnavailableError
from stagecraft.runtime.process import Processes, ProcessTimeoutError

DEADLINE = 60.0
"""Seconds a command may take."""


class _Missing(Exception):  # noqa: N818 - never leaves this module
    """Why a secret has no value; never quotes one."""


def resolve(
    sources: Mapping[str, SecretSource],
    names: Collection[str],
    environ: Mapping[str, str],
    folder: Path,
    processes: Processes,
) -> dict[str, str]:
    """Return the values of the secrets called `names`, and teach the redactor to mask them.

    Raises UnavailableError that names every secret without a value.
    """
    values: dict[str, str] = {}
    missing: list[str] = []
    for name in sorted(names):
        try:
            values[name] = _checked(_fetched(name, sources, environ, folder, processes))
        except _Missing as error:
            missing.append(f"`{name}` ({error})")
        else:
            processes.redactor.add({name: values[name]})
    if missing:
        what = "secret has" if len(missing) == 1 else "secrets have"
        hint = "set them where `secrets` in `stagecraft.yml` says they come from"
        raise UnavailableError(f"{len(missing)} {what} no value: {', '.join(missing)}", hint=hint)
    return values


def _fetched(
    name: str,
    sources: Mapping[str, SecretSource],
    environ: Mapping[str, str],
    folder: Path,
    processes: Processes,
) -> str:
    source = sources.get(name)
    match source:
        case None:
            raise _Missing("not under `secrets`")
        case EnvSource():
            if source.env not in environ:
                raise _Missing(f"variable `{source.env}` is not set")
            return environ[source.env]
        case DotenvSource():
            return _from_file(name, source, folder)
        case CommandSource():
            return _from_command(source, environ, folder, processes)
        case _:
            assert_never(source)


def _from_file(name: str, source: DotenvSource, folder: Path) -> str:
    try:
        found = dotenv.read(folder, source.dotenv)
    except ConfigError as error:
        raise _Missing(str(error)) from None
    if name not in found:
        raise _Missing(f"not in `{source.dotenv}`")
    return found[name]


def _from_command(
    source: CommandSource, environ: Mapping[str, str], folder: Path, processes: Processes
) -> str:
    program = source.command[0]
    try:
        done = processes.run(source.command, env=environ, cwd=folder, timeout=DEADLINE)
    except UnavailableError as error:
        raise _Missing(error.message) from None
    except ProcessTimeoutError:
        raise _Missing(f"`{program}` was not done within {DEADLINE:.0f} seconds") from None
    if done.code != 0:
        said = processes.redactor.redact(done.stderr.strip().rpartition("\n")[2])[:200]
        raise _Missing(f"`{program}` failed with exit code {done.code}" + (f": {said}" if said else ""))
    return done.stdout.removesuffix("\n")


def _checked(value: str) -> str:
    if not value:
        raise _Missing("empty")
    if "\0" in value:
        raise _Missing("contains a NUL")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise _Missing("not UTF-8") from None
    return value
