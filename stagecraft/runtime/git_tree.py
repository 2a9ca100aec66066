"""The tree Git would write, computed beside the repository (spec/version.md)."""

import hashlib
import shutil
import tempfile
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from stagecraft.errors import ConfigError
from stagecraft.runtime.git_command import GitCommand, below


@dataclass(frozen=True)
class Snapshot:
    """The working tree as it is now."""

    head: str
    changed: str
    """8 hex digits of the changed tree; empty if it equals HEAD."""


def snapshot(git: GitCommand, top: Path, leave_out: Collection[Path]) -> Snapshot:
    """Return the state of the working tree at `top`; `leave_out` (absolute) plays no part in it.

    Raises ConfigError.
    """
    head = git.head(top)
    if head is None:
        hint = "commit something, or name the version with `--version`"
        raise ConfigError("the Git repository has no commit yet", hint=hint)
    with tempfile.TemporaryDirectory(prefix="stagecraft-git-") as folder:
        tree, links = _written(git, top, Path(folder), leave_out)
    nested = [line for link in links for line in _nested(git, top, link, leave_out)]
    if tree == git.must(top, "rev-parse", "HEAD^{tree}").strip() and not nested:
        return Snapshot(head, "")
    if nested:
        content = "\0".join([tree, *nested])
        tree = hashlib.sha256(content.encode("utf-8", "surrogateescape")).hexdigest()
    return Snapshot(head, tree[:8])


def _written(
    git: GitCommand, top: Path, temporary: Path, leave_out: Collection[Path]
) -> tuple[str, list[str]]:
    """Return the tree Git would write, and the paths of the repositories nested in it."""
    beside = {"GIT_INDEX_FILE": str(_index_copy(git, top, temporary))}
    apart = {**beside, "GIT_OBJECT_DIRECTORY": str(temporary)}
    # Reading: which files are unchanged although their times are not. The exit code says if all are.
    git.run(top, "update-index", "-q", "--refresh", extra=beside)
    # Writing: without a view of the real objects, because Git renews the times of objects it finds there.
    git.must(top, "add", "--all", "--", ":(top)", extra=apart)
    # What is left out is as in HEAD. Afterwards, because `add` fails on an excluded path that is ignored too.
    if without := [path for path in below(leave_out, top) if path != "."]:
        git.must(top, "--literal-pathspecs", "reset", "--quiet", "HEAD", "--", *without, extra=beside)
    tree = git.must(top, "write-tree", "--missing-ok", extra=apart).strip()
    entries = git.must(top, "ls-files", "--stage", "-z", extra=beside).split("\0")
    return tree, [entry.partition("\t")[2] for entry in entries if entry.startswith("160000 ")]


def _index_copy(git: GitCommand, top: Path, temporary: Path) -> Path:
    """Return a copy of the index (if there is one), with its time.

    The times in it tell Git which files it need not read again; its own time, which it must all the same
    (Documentation/technical/racy-git).
    """
    index, copy = git.inner(top, "index"), temporary / "index"
    if index.is_file():
        shutil.copy2(index, copy)
    return copy


def _nested(git: GitCommand, top: Path, link: str, leave_out: Collection[Path]) -> Iterator[str]:
    """Yield a line for a nested repository that is changed; its commit is in the tree already."""
    folder = top / link
    if not (folder / ".git").exists():
        return
    found = snapshot(git, folder, leave_out)
    if found.changed:
        yield f"{link}\0{found.changed}"
