"""Where the release store is, found without reading the configuration, so that lists stay instant."""

from stagecraft.app.store_folder import store_folder
from stagecraft.app.where import Where
from stagecraft.runtime.clock import SystemClock
from stagecraft.store.file import FileStore


def open_store(where: Where) -> FileStore:
    """Return the store. Raises ConfigError as `store_folder` does."""
    return FileStore(store_folder(where), SystemClock())


def of_environment(where: Where, env: str | None) -> tuple[FileStore, str]:
    """Return the store and the environment that is meant.

    A name that has releases is believed, and without a name the only environment that has any; for any other
    the configuration is asked. Looking needs no protection. Raises ConfigError.
    """
    store = open_store(where)
    known = store.environments()
    if env in known or (env is None and len(known) == 1):
        return store, env or known[0]
    from stagecraft.app.opened import opened  # noqa: PLC0415 - reads YAML: three times the cost of a list

    here = opened(where, env)
    return here.store, here.environment.name
