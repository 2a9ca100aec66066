"""Reading the store: lists, records, differences. Imports nothing heavy and touches no engine."""

from itertools import islice, tee
from typing import TYPE_CHECKING

from stagecraft.app.found import Listed, ReleaseDifference
from stagecraft.app.stores import of_environment, open_store
from stagecraft.app.where import Where
from stagecraft.errors import ConfigError
from stagecraft.model import history
from stagecraft.model.phase import ReleaseStatus
from stagecraft.store.file import FileStore

if TYPE_CHECKING:
    from stagecraft.model.holder import Holder
    from stagecraft.model.release import Release


def releases(where: Where, env: str | None, limit: int, status: ReleaseStatus | None) -> tuple[Listed, ...]:
    """Return the newest releases, newest first, reading no further back than needed."""
    store, name = of_environment(where, env)
    headers, same = tee(store.headers(name))
    now = history.current(same)
    wanted = (header for header in headers if status in (None, header.status))
    return tuple(Listed(header, current=header == now) for header in islice(wanted, limit))


def current(where: Where, env: str | None) -> str | None:
    """Return the id of the environment's current release, or None."""
    store, name = of_environment(where, env)
    now = history.current(store.headers(name))
    return now.id if now else None


def release(where: Where, wanted: str) -> "Release":
    """Return the release named `wanted`.

    Raises ConfigError that names the nearest ids, or StoreError if its record is damaged.
    """
    return find(open_store(where), wanted)


def find(store: FileStore, wanted: str) -> "Release":
    """Return one release of a store by its id, for example `prod-42`."""
    environment, _, number = wanted.rpartition("-")
    if number.isdecimal() and environment in store.environments() and store.has(environment, int(number)):
        return store.read(environment, int(number))
    raise _unknown(store, wanted)


def _unknown(store: FileStore, wanted: str) -> ConfigError:
    from difflib import get_close_matches

    ids = [header.id for name in store.environments() for header in store.headers(name)]
    if not ids:
        return ConfigError(
            f"there is no release `{wanted}`: none has been recorded yet",
            hint="`stagecraft deploy` makes the first",
        )
    near = get_close_matches(wanted, ids, n=3, cutoff=0.5) or ids[:3]
    names, environment = " or ".join(f"`{name}`" for name in near), near[0].rpartition("-")[0]
    return ConfigError(
        f"there is no release `{wanted}`",
        hint=f"is it {names}? `stagecraft releases list --env {environment}` has them all",
    )


def difference(where: Where, a: str, b: str) -> ReleaseDifference:
    """Return what differs between two releases: texts, images and variables."""
    from stagecraft.compose.difference import difference as text_difference

    store = open_store(where)
    before, after = find(store, a), find(store, b)
    hosts = sorted({*before.hosts, *after.hosts})
    pins = [{name: image.pin for name, image in one.images.items()} for one in (before, after)]
    return ReleaseDifference(
        a=a,
        b=b,
        texts={
            host: text_difference(before.text_of(host), after.text_of(host), old_name=a, new_name=b)
            for host in hosts
        },
        images=_changed(*pins),
        variables=_changed(before.plan.variables, after.plan.variables),
    )


def verify(where: Where, env: str | None) -> list[str]:
    """Check every record and its twin in one environment, or in all; return one sentence a problem."""
    if env:
        store, name = of_environment(where, env)
        return list(store.verify(name))
    store = open_store(where)
    return [problem for name in store.environments() for problem in store.verify(name)]


def holder(where: Where, env: str | None) -> "Holder | None":
    """Return who holds the environment's lock, or None if it is free."""
    store, name = of_environment(where, env)
    return store.holder(name)


def _changed(before: dict[str, str], after: dict[str, str]) -> dict[str, tuple[str | None, str | None]]:
    names = sorted({*before, *after})
    return {
        name: (before.get(name), after.get(name)) for name in names if before.get(name) != after.get(name)
    }
