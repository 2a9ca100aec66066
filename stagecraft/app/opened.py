"""The configuration and the store a command is about."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from stagecraft.app import one_project
from stagecraft.app.store_folder import store_folder
from stagecraft.app.where import Where
from stagecraft.config.find import find
from stagecraft.config.load import Loaded, load
from stagecraft.config.project import Environment
from stagecraft.config.registry import LocalRegistry
from stagecraft.config.selection import select
from stagecraft.runtime.clock import SystemClock
from stagecraft.store.file import FileStore


@dataclass(frozen=True)
class Opened:
    """One environment of one project, and the store with its releases."""

    loaded: Loaded
    environment: Environment
    store: FileStore
    store_folder: Path

    @property
    def folder(self) -> Path:
        """Return the folder of `stagecraft.yml`, absolute."""
        return self.loaded.folder

    @property
    def registry(self) -> str | None:
        """Return what names of pushed images begin with; None if images stay where they are built."""
        keys = self.loaded.project.registry
        if not isinstance(keys, LocalRegistry):
            return keys
        return keys.address(self.loaded.project.project) if self.environment.hosts else None

    @property
    def registry_port(self) -> int | None:
        """Return where a run serves its images itself: `registry: local` with hosts; else None."""
        keys = self.loaded.project.registry
        return keys.local if isinstance(keys, LocalRegistry) and self.environment.hosts else None


def _silent(_: str) -> None:
    """Take a notice nobody waits for."""


def opened(where: Where, env: str | None, notice: Callable[[str], None] = _silent) -> Opened:
    """Load the configuration and choose the environment; touches nothing. Raises ConfigError, StoreError."""
    loaded = configuration(where)
    folder = store_folder(where)
    environment = select(loaded.project, env)
    store = FileStore(folder, SystemClock(), notice=notice, allow_network=loaded.project.store_on_network)
    one_project.check(store, environment.name, loaded.project.project)
    return Opened(loaded=loaded, environment=environment, store=store, store_folder=folder)


def configuration(where: Where) -> Loaded:
    """Return the configuration the command line means. Raises ConfigError."""
    return load(find(where.cwd, where.config))
