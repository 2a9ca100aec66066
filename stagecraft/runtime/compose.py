"""Reads the user's files with the reference implementation, `docker compose config` (spec/compose.md)."""

import json
import os
import shutil
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from stagecraft.errors import ConfigError, UnavailableError
from stagecraft.model.source import EnvFile, Source
from stagecraft.runtime.compose_files import compose_files, relative
from stagecraft.runtime.compose_overlay import env_files, overlay, probable, ssh_of
from stagecraft.runtime.compose_reading import (
    Reading,
    check_bare,
    check_declared,
    check_names,
    config_files,
    named,
    refusal,
    token,
)
from stagecraft.runtime.process import Finished, Processes, ProcessTimeoutError
from stagecraft.runtime.together import together

_PLUGIN_FOLDERS = (
    "/usr/local/lib/docker/cli-plugins",
    "/usr/local/libexec/docker/cli-plugins",
    "/usr/lib/docker/cli-plugins",
    "/usr/libexec/docker/cli-plugins",
)
"""Where Docker looks for plug-ins, after `~/.docker/cli-plugins` (Docker CLI, cli-plugins/manager)."""
_TIMEOUT = 30.0
"""Seconds; it takes a twentieth of one."""


def find_compose(home: Path, path: str | None = None) -> tuple[str, ...]:
    """Return the command that is Compose v2: the plug-in itself if it is found, else `docker compose`.

    Raises UnavailableError.
    """
    for folder in (home / ".docker" / "cli-plugins", *map(Path, _PLUGIN_FOLDERS)):
        plugin = folder / "docker-compose"
        if plugin.is_file() and os.access(plugin, os.X_OK):
            return (str(plugin),)
    if docker := shutil.which("docker", path=path):
        return (docker, "compose")
    raise UnavailableError(
        "Docker Compose v2 is not installed here",
        hint="install the Compose plug-in: https://docs.docker.com/compose/install/linux/",
    )


class ComposeReader:
    """Runs the Compose plug-in with nothing but what is declared."""

    def __init__(self, processes: Processes, command: Sequence[str]) -> None:
        """`command` comes from `find_compose`."""
        self._processes = processes
        self._command = tuple(command)

    def version(self) -> str:
        """Return Compose's version. Raises UnavailableError."""
        finished = self._run(("version", "--short"), env={}, cwd=Path("/"))
        if finished.code != 0:
            raise UnavailableError(
                f"`{' '.join(self._command)} version` failed",
                hint="is it Docker Compose v2? Install it again",
            )
        return finished.stdout.strip().removeprefix("v")

    def read(
        self,
        folder: Path,
        files: Sequence[str],
        *,
        project: str,
        profiles: Sequence[str] = (),
        variables: Mapping[str, str],
        secrets: Collection[str] = (),
    ) -> Source:
        """Return the project in `files` (relative to `folder`, the folder of `stagecraft.yml`).

        Raises ConfigError: Compose refuses the files, or they use something that is not declared.
        """
        check_names([*variables, *secrets])
        reading = Reading(
            folder=folder,
            files=tuple(files),
            directory=os.path.relpath((folder / files[0]).parent, folder),
            project=project,
            profiles=tuple(profiles),
            variables=variables,
            tokens={name: token(name) for name in sorted(secrets)},
            paths=compose_files(folder, tuple(files), variables),
        )
        raw, model, version = self._asked(reading)
        active = sorted(model.get("services", {}))
        ssh = {name: keyed for name in active if (keyed := ssh_of(raw["services"].get(name, {})))}
        listed = {name: env_files(raw["services"].get(name, {})) for name in active}
        expanded = self._expanded(reading, [one.path for files in listed.values() for one in files])
        for name, keyed in ssh.items():
            paths = self._expanded(reading, [path for path in keyed.values() if path])
            model["services"][name]["build"]["ssh"] = {
                key: path and paths[path] for key, path in keyed.items()
            }
        check_bare(reading, model)
        return Source(
            model=model,
            compose_version=version,
            directory=reading.directory,
            tokens=reading.tokens,
            variables=variables,
            env_files={
                name: tuple(EnvFile(expanded[one.path], one.required, one.format) for one in files)
                for name, files in listed.items()
                if files
            },
            files=config_files(reading, model),
            paths=tuple(relative(path, folder) for path in reading.paths),
        )

    def as_written(self, folder: Path, files: Sequence[str]) -> dict[str, Any]:
        """Return the project with nothing interpolated and every profile active; it needs no declarations.

        Raises ConfigError: Compose refuses the files.
        """
        reading = Reading(
            folder=folder,
            files=tuple(files),
            directory=os.path.relpath((folder / files[0]).parent, folder),
            project="project",
            profiles=("*",),
            variables={},
            tokens={},
            paths=(),
        )
        return self._config(reading, "--no-interpolate")

    def _asked(self, reading: Reading) -> tuple[dict[str, Any], dict[str, Any], str]:
        """Return the project as written, the canonical model and Compose's version, asked for side by side.

        Where a second file will keep values out, the model is asked for once that is known, so that no
        `env_file` is read.
        """
        later = probable(reading.paths)
        questions: tuple[Callable[[], Any], ...] = (
            lambda: self._config(reading, "--no-interpolate"),
            lambda: {} if later else self._config(reading),
            self.version,
        )
        raw, model, version = together(questions, lambda ask: ask())
        more = overlay(raw)
        return raw, self._config(reading, extra=more) if later or more else model, version

    def _config(
        self, reading: Reading, *options: str, extra: str = "", files: Sequence[str] | None = None
    ) -> dict[str, Any]:
        """Run `docker compose config`; `extra` is read after the files. Raises ConfigError."""
        named = reading.files if files is None else files
        arguments = ["--project-name", reading.project, "--project-directory", ".", "--env-file", os.devnull]
        for file in named:
            arguments += ["--file", os.path.relpath(reading.folder / file, reading.home)]
        if extra:
            arguments += ["--file", "-"]
        for profile in reading.profiles:
            arguments += ["--profile", profile]
        arguments += ["config", "--no-path-resolution", "--format", "json", *options]
        finished = self._run(arguments, env=reading.environment, cwd=reading.home, stdin=extra)
        if finished.code != 0:
            raise refusal(finished.stderr, reading)
        if "--no-interpolate" not in options:
            check_declared(finished.stdout, finished.stderr, reading)
        model: dict[str, Any] = json.loads(finished.stdout)
        return model

    def _expanded(self, reading: Reading, paths: Sequence[str]) -> dict[str, str]:
        """Return each path with its variables expanded by Compose. Raises ConfigError: a secret in one."""
        varying = sorted({path for path in paths if "$" in path})
        expanded = {path: path for path in paths}
        if varying:
            labels = {f"p{number}": path for number, path in enumerate(varying)}
            document = json.dumps(
                {"services": {"paths": {"image": "none", "labels": labels}}}, ensure_ascii=False
            )
            model = self._config(reading, extra=document, files=())
            printed = model["services"]["paths"]["labels"]
            expanded |= {path: printed[key].replace("$$", "$") for key, path in labels.items()}
        for path, result in expanded.items():
            for name in named(result, reading.tokens):
                raise ConfigError(
                    f"secret `{name}` is used in the path `{path}`",
                    hint="take a variable: a path is no secret",
                )
        return expanded

    def _run(
        self, arguments: Iterable[str], *, env: Mapping[str, str], cwd: Path, stdin: str = ""
    ) -> Finished:
        argv = (*self._command, *arguments)
        try:
            return self._processes.run(argv, env=env, cwd=cwd, stdin=stdin or None, timeout=_TIMEOUT)
        except ProcessTimeoutError as error:
            raise UnavailableError(
                f"`docker compose config` did not answer within {_TIMEOUT:.0f} s",
                hint="run it by hand to see what it waits for",
            ) from error
