"""What Git says about the working tree, without changing anything in it (spec/version.md)."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from stagecraft.errors import ConfigError, UnavailableError
from stagecraft.runtime.git_command import GitCommand, below, excluding
from stagecraft.runtime.git_remote import source_url
from stagecraft.runtime.git_tree import snapshot
from stagecraft.runtime.runs import Runs

_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}")


@dataclass(frozen=True)
class Version:
    """The version of a release, and the commit it comes from."""

    version: str
    commit: str | None
    dirty: bool | None
    """Whether the tree differs from the commit; None if nobody asked (`--version`)."""


@dataclass(frozen=True)
class Revision:
    """The last commit that touched some paths; None if the history does not tell."""

    commit: str | None
    dirty: bool
    """Whether something under them is changed now."""


class Git:
    """Git, as seen from one folder. `environ` gives nothing but PATH."""

    def __init__(self, processes: Runs, environ: Mapping[str, str], folder: Path) -> None:
        self._git = GitCommand(processes, environ)
        self._folder = folder

    def resolve_version(
        self, explicit: str | None, leave_out: Collection[Path] = (), *, require_clean: bool = False
    ) -> Version:
        """Return the explicit version, else what Git says. `leave_out` (absolute) plays no part in it.

        Raises ConfigError: not a version, a changed tree although `require_clean`, or Git cannot tell.
        """
        if explicit is not None and not _TAG.fullmatch(explicit):
            hint = "letters, digits, `_`, `.` and `-`, at most 128, not beginning with `.` or `-`"
            raise ConfigError(f"{explicit!r} cannot be a version", hint=hint)
        top = self._top
        if explicit is not None and not require_clean:
            return Version(explicit, self._git.head(top) if top else None, None)
        if top is None:
            hint = "name the version with `--version`, or put the project under Git"
            raise ConfigError("no version: there is no Git working tree here, or no Git", hint=hint)
        found = snapshot(self._git, top, leave_out)
        if found.changed and require_clean:
            hint = "commit the changes, or set `require_clean: false`"
            raise ConfigError("the working tree is changed, and `require_clean` is set", hint=hint)
        short = found.head[:12]
        version = explicit or (f"{short}-dirty.{found.changed}" if found.changed else short)
        return Version(version, found.head, bool(found.changed))

    def last_commit(self, paths: Collection[Path], leave_out: Collection[Path] = ()) -> Revision:
        """Return the last commit that touched any of the paths, and whether they are changed now.

        `leave_out` plays no part in it; all paths are absolute. The commit is None outside a repository,
        before the first commit, and where a shallow clone is cut.
        """
        top = self._top
        inside = below(paths, top) if top else []
        if top is None or not inside or len(inside) < len(set(paths)):
            return Revision(None, dirty=False)
        specs = [*(f":(top,literal){path}" if path != "." else ":(top)" for path in inside)]
        specs += excluding(below(leave_out, top))
        log = self._git.run(top, "log", "-1", "--format=%H", "HEAD", "--", *specs)
        commit = log.stdout.strip() if log.code == 0 else ""
        status = self._git.must(top, "status", "--porcelain", "-z", "--no-renames", "--", *specs)
        known = commit and commit not in self._cut(top)
        return Revision(commit if known else None, dirty=bool(status))

    def remote_source(self) -> str | None:
        """Return the URL of `origin` as `https://host/path`, without user, password and query."""
        top = self._top
        if top is None:
            return None
        found = self._git.run(top, "config", "--get", "remote.origin.url")
        return source_url(found.stdout.strip()) if found.code == 0 else None

    def _cut(self, top: Path) -> frozenset[str]:
        shallow = self._git.inner(top, "shallow")
        return frozenset(shallow.read_text().split()) if shallow.is_file() else frozenset()

    @cached_property
    def _top(self) -> Path | None:
        try:
            return self._git.top(self._folder)
        except UnavailableError:
            return None
