"""The fleet under the end-to-end tests: real hosts, each with its own sshd and engine (`scripts/fleet`)."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.e2e.machine import Registry, Result, ask, base_environment, run

USERS = ("ada", "ben")
"""Login users of every host who may use its engine: ada with bash, ben with dash. `eve` may not use it."""


@dataclass(frozen=True)
class Fleet:
    """Hosts that are up; their names are aliases in the fleet's SSH configuration."""

    folder: Path
    hosts: tuple[str, ...]
    """`via-<host>` is the same host, reached through the jump host."""
    registry: Registry
    """The same `localhost:PORT` here and on every host."""

    @property
    def environment(self) -> dict[str, str]:
        """What a client sees: `ssh` is the one that knows the fleet."""
        return base_environment() | self._own | {"PATH": f"{self.folder}/bin:{os.environ['PATH']}"}

    def on(self, host: str, *command: str) -> str:
        """Run a command on a host as root, without SSH; it has to succeed."""
        return self._fleet("exec", host, *command)

    def docker(self, host: str, *arguments: str) -> str:
        """Ask a host's engine directly."""
        return self.on(host, "docker", *arguments)

    @contextmanager
    def cut_off(self, host: str) -> Iterator[None]:
        """Take the host's link down for a while."""
        self._fleet("link", host, "down")
        try:
            yield
        finally:
            self._fleet("link", host, "up")

    def restart_sshd(self, host: str) -> None:
        """End the host's SSH listener and start it again."""
        self._fleet("sshd", host)

    def address(self, host: str) -> str:
        """Return the host's address."""
        config = (self.folder / host / "sshd_config").read_text(encoding="utf-8")
        return config.partition("ListenAddress ")[2].split()[0]

    def logins(self, host: str) -> int:
        """Return how many SSH logins the host has accepted so far: its own sshd's count."""
        return (self.folder / host / "sshd.log").read_text(encoding="utf-8").count("Accepted publickey")

    def _fleet(self, *arguments: str) -> str:
        return ask("scripts/fleet", *arguments, env=base_environment() | self._own)

    @property
    def _own(self) -> dict[str, str]:
        return {"STAGECRAFT_FLEET": str(self.folder)}


@contextmanager
def running_fleet(count: int, *options: str) -> Iterator[Fleet]:
    """A fleet of its own, taken away at the end whatever happened."""
    folder = Path(tempfile.mkdtemp(prefix="fleet-", dir=_cache()))
    environment = base_environment() | {"STAGECRAFT_FLEET": str(folder)}
    try:
        ask("scripts/fleet", "up", str(count), *options, env=environment)
        yield _fleet_in(folder)
    finally:
        gone: Result = run("scripts/fleet", "down", env=environment)
        shutil.rmtree(folder, ignore_errors=True)
        assert gone.returncode == 0, gone.stderr


def _fleet_in(folder: Path) -> Fleet:
    port = (folder / "registry.port").read_text(encoding="utf-8").strip()
    pid = (folder / "registry-127.0.0.1/keeper").read_text(encoding="utf-8").split()[0]
    hosts = (folder / "hosts").read_text(encoding="utf-8").split()
    return Fleet(folder, tuple(hosts), Registry(f"localhost:{port}", int(pid)))


def _cache() -> Path:
    """Beside the kept base images: hosts share their files, which takes one file system."""
    default = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "stagecraft"
    cache = Path(os.environ.get("STAGECRAFT_CACHE", default))
    cache.mkdir(parents=True, exist_ok=True)
    return cache
