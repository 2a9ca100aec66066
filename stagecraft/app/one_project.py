"""A store keeps the releases of one project: two that share it and an environment's name are told apart."""

from stagecraft.errors import ConfigError
from stagecraft.store.file import FileStore


def check(store: FileStore, environment: str, project: str) -> None:
    """Raise ConfigError naming both projects if the newest release of the environment is another's."""
    newest = next(store.headers(environment), None)
    owner = store.read(environment, newest.number).project if newest else project
    if owner != project:
        raise ConfigError(
            f"the releases of `{environment}` here are those of project `{owner}`, not of `{project}`",
            place=str(store.folder / environment),
            hint=f"give `{project}` a store of its own with `--store DIR`;"
            f" if it was renamed, call it `{owner}` again",
        )
