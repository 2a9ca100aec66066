"""What can be typed at the moment, for completion: no schema and no record is read, so that it is instant."""

from pathlib import Path
from typing import Literal

from stagecraft.app.store_folder import store_folder
from stagecraft.app.where import Where
from stagecraft.config.find import find
from stagecraft.config.plain_yaml import mapping, read
from stagecraft.errors import StagecraftError
from stagecraft.store.names import ids

Kind = Literal["environments", "releases", "hosts", "services", "aliases"]

_RELEASES = 50
"""How many of the newest releases are worth offering."""
_COMPOSE_FILES = ("compose.yaml", "compose.yml", "docker-compose.yaml", "docker-compose.yml")


def aliases(where: Where) -> dict[str, tuple[str, ...]]:
    """Return the validated aliases; none where there is no project file. Raises ConfigError."""
    try:
        file = find(where.cwd, where.config)
    except StagecraftError:
        return {}
    from stagecraft.config.load import load  # noqa: PLC0415 - validates: completion has no time for it

    return dict(load(file).project.aliases)


def of(where: Where, kind: Kind, env: str | None) -> list[str]:
    """Return the names of one kind, sorted, releases newest first. Whatever cannot be read offers nothing."""
    try:
        return _found(where, kind, env)
    except (StagecraftError, OSError, ValueError):
        return []


def _found(where: Where, kind: Kind, env: str | None) -> list[str]:
    if kind == "releases":
        return _releases(where, env)
    project = mapping(read(find(where.cwd, where.config)))
    environments = mapping(project.get("environments"))
    if kind == "environments":
        return sorted(environments)
    if kind == "aliases":
        return sorted(mapping(project.get("aliases")))
    if kind == "services":
        return _services(find(where.cwd, where.config).parent, project.get("compose"))
    chosen = [environments.get(env)] if env else environments.values()
    return sorted({host for one in chosen for host in mapping(mapping(one).get("hosts"))}) or ["local"]


def _releases(where: Where, env: str | None) -> list[str]:
    return ids(store_folder(where), env)[:_RELEASES]


def _services(folder: Path, named: object) -> list[str]:
    files = [named] if isinstance(named, str) else named if isinstance(named, list) else []
    files = files or [name for name in _COMPOSE_FILES if (folder / name).is_file()][:1]
    documents = [mapping(read(folder / str(file))) for file in files]
    return sorted({name for document in documents for name in mapping(document.get("services"))})
