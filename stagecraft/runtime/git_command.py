"""Runs Git so that it depends on the repository only, and changes nothing (spec/version.md)."""

import os
from collections.abc import Collection, Mapping
from pathlib import Path

from stagecraft.errors import ConfigError
from stagecraft.runtime.runs import Finished, Runs

_SETTINGS = {
    "safe.directory": "*",  # a CI checkout often belongs to somebody else
    "core.autocrlf": "false",
    "core.excludesFile": os.devnull,
    "core.attributesFile": os.devnull,
    "core.hooksPath": os.devnull,
    "core.fsmonitor": "false",
    "core.untrackedCache": "false",
    "core.splitIndex": "false",
    "core.quotePath": "true",
    "core.safecrlf": "false",
    "add.ignoreErrors": "false",
    "advice.addEmbeddedRepo": "false",
    "status.showUntrackedFiles": "all",
    "gc.auto": "0",
    "log.showSignature": "false",
    "submodule.recurse": "false",
    "diff.ignoreSubmodules": "none",
}
"""What a user's or a repository's settings could otherwise change."""


class GitCommand:
    """The `git` program, with an environment of its own; `environ` gives nothing but PATH."""

    def __init__(self, processes: Runs, environ: Mapping[str, str]) -> None:
        self._processes = processes
        self._environment = {
            "PATH": environ.get("PATH", os.defpath),
            "LC_ALL": "C",
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_ATTR_NOSYSTEM": "1",
            "GIT_OPTIONAL_LOCKS": "0",
            "GIT_TERMINAL_PROMPT": "0",
            "GIT_NO_LAZY_FETCH": "1",
            "GIT_CONFIG_COUNT": str(len(_SETTINGS)),
            **{f"GIT_CONFIG_KEY_{index}": key for index, key in enumerate(_SETTINGS)},
            **{f"GIT_CONFIG_VALUE_{index}": value for index, value in enumerate(_SETTINGS.values())},
        }

    def run(self, folder: Path, *arguments: str, extra: Mapping[str, str] | None = None) -> Finished:
        """Run Git in a folder. Raises UnavailableError if there is no Git."""
        env = {**self._environment, **(extra or {})}
        return self._processes.run(("git", *arguments), env=env, cwd=folder)

    def must(self, folder: Path, *arguments: str, extra: Mapping[str, str] | None = None) -> str:
        """Return what Git printed. Raises ConfigError with Git's last line if it failed."""
        found = self.run(folder, *arguments, extra=extra)
        if found.code == 0:
            return found.stdout
        said = f": {found.tail[-1]}" if found.tail else ""
        hint = "name the version with `--version`, or see what `git status` says"
        raise ConfigError(f"Git cannot read the working tree{said}", hint=hint)

    def head(self, folder: Path) -> str | None:
        """Return the full commit of HEAD; None outside a repository and before the first commit."""
        found = self.run(folder, "rev-parse", "--verify", "--quiet", "HEAD^{commit}")
        return found.stdout.strip() if found.code == 0 else None

    def top(self, folder: Path) -> Path | None:
        """Return the top folder of the working tree; None outside one."""
        found = self.run(folder, "rev-parse", "--show-toplevel")
        return Path(found.stdout.removesuffix("\n")) if found.code == 0 else None

    def inner(self, top: Path, name: str) -> Path:
        """Return the path of something inside `.git`, wherever that is (worktrees, submodules)."""
        found = self.must(top, "rev-parse", "--path-format=absolute", "--git-path", name)
        return Path(found.removesuffix("\n"))


def below(paths: Collection[Path], top: Path) -> list[str]:
    """Return the paths that lie in `top`, relative to it, sorted; `.` is `top` itself.

    Links in the folders above them are followed.
    """
    found = set()
    for path in paths:
        real = Path(os.path.realpath(path.parent)) / path.name
        if real.is_relative_to(top):
            found.add(str(real.relative_to(top)))
    return sorted(found)


def excluding(paths: Collection[str]) -> list[str]:
    """Return the pathspecs that leave these paths out, except `.` (gitglossary, "pathspec")."""
    return [f":(top,exclude,literal){path}" for path in paths if path != "."]
