"""Real Git repositories to ask about."""

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

from stagecraft.runtime.git import Git
from tests.runtime.doors import ENVIRONMENT, PATH, Door

_ENVIRONMENT = {
    "PATH": PATH,
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_AUTHOR_NAME": "a",
    "GIT_AUTHOR_EMAIL": "a@example.com",
    "GIT_COMMITTER_NAME": "a",
    "GIT_COMMITTER_EMAIL": "a@example.com",
    "GIT_AUTHOR_DATE": "2026-01-01T00:00:00Z",
    "GIT_COMMITTER_DATE": "2026-01-01T00:00:00Z",
    "GIT_ALLOW_PROTOCOL": "file",
}


def git(folder: Path, *arguments: str, environ: Mapping[str, str] | None = None) -> str:
    env = {**_ENVIRONMENT, **(environ or {})}
    done = subprocess.run(
        ("git", *arguments), cwd=folder, env=env, capture_output=True, check=True, timeout=60
    )
    return done.stdout.decode().strip()


def repository(folder: Path) -> Path:
    """Return a repository with `.gitignore`, `README` and `web/app.py` in one commit, `main`."""
    (folder / "web").mkdir(parents=True)
    git(folder, "init", "-q", "-b", "main")
    (folder / ".gitignore").write_text("*.log\n")
    (folder / "README").write_text("read me\n")
    (folder / "web" / "app.py").write_text("print()\n")
    commit(folder, "first")
    return folder


def commit(folder: Path, message: str) -> str:
    git(folder, "add", "--all")
    git(folder, "commit", "-q", "-m", message)
    return git(folder, "rev-parse", "HEAD")


def asked(folder: Path, environ: Mapping[str, str] = ENVIRONMENT) -> Git:
    return Git(Door().processes, environ, folder)


def version(folder: Path, *leave_out: Path) -> str:
    return asked(folder).resolve_version(None, leave_out).version


def listing(folder: Path) -> dict[str, tuple[int, int, int, bytes]]:
    """Return everything below a folder, with times, modes and content."""
    found = {}
    for path in sorted(folder.rglob("*")):
        status = path.lstat()
        content = path.read_bytes() if path.is_file() else b""
        found[str(path)] = (status.st_mtime_ns, status.st_ino, status.st_mode, content)
    return found
