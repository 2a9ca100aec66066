"""Hosts that left the configuration while the release still runs there: remembered until destroyed."""

from itertools import takewhile

from stagecraft.app.opened import Opened
from stagecraft.config.hosts import Host
from stagecraft.model.phase import Kind, ReleaseStatus
from stagecraft.model.release import Reach, Release


def left_behind(here: Opened, base: Release | None) -> dict[str, Reach]:
    """Return the hosts the configuration has no longer and how each was reached, sorted."""
    if base is None:
        return {}
    gone = {name: reach for name, reach in sorted(base.reach.items()) if name not in here.environment.hosts}
    headers = here.store.headers(base.environment) if gone else iter(())
    for header in takewhile(lambda header: header.number > base.number, headers):
        if header.kind is Kind.DESTROY and header.status is ReleaseStatus.COMPLETED:
            destroyed = here.store.read(header.environment, header.number)
            gone = {name: reach for name, reach in gone.items() if not destroyed.hosts[name].status.finished}
    return gone


def reach_of(here: Opened, base: Release | None) -> dict[str, Reach]:
    """Return how every host is reached that this release has to know of."""
    now = {name: Reach(ssh=host.ssh, engine=host.engine) for name, host in here.environment.hosts.items()}
    return dict(sorted({**left_behind(here, base), **now}.items()))


def notes(here: Opened, base: Release | None) -> tuple[str, ...]:
    """Return what a plan says of the hosts that were left behind."""
    return tuple(gone(name, here.environment.name) for name in left_behind(here, base))


def gone(host: str, environment: str) -> str:
    """Return what is said of a host that was released to and is in the configuration no longer."""
    clean = f"stagecraft destroy --env {environment} --host {host}"
    return f"`{host}` is no longer in the configuration: what runs there stays until `{clean}`"


def with_them(here: Opened, base: Release | None) -> dict[str, Host]:
    """Return the configured hosts and those left behind."""
    others = left_behind(here, base).items()
    hosts = {name: Host(ssh=reach.ssh, engine=reach.engine) for name, reach in others}
    return {**here.environment.hosts, **hosts}
