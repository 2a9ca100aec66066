"""What a host's facts say about a release to it. Pure."""

import re
from collections.abc import Collection, Mapping
from itertools import combinations

from stagecraft.runtime.ssh_facts import HostFacts

LEAST_BYTES = 50_000_000
"""Less than that is no room for the smallest image, nor for a day of logs."""

OLDEST = {"engine": (20, 10), "Compose": (2, 26)}
"""What Stagecraft has been run with (spec/facts.md); what is older may do something else without a word."""


def too_old(what: str, version: str) -> tuple[str, ...]:
    """Return a sentence if that version of the `engine` or of `Compose` is too old; no number is none."""
    numbers = tuple(int(number) for number in re.findall(r"\d+", version)[:2])
    if not numbers or numbers >= OLDEST[what]:
        return ()
    return (f"{what} {version} is too old: {'.'.join(map(str, OLDEST[what]))} is the oldest",)


def disk(facts: HostFacts, root: str) -> str:
    """Return what is wrong with the space for images, or an empty string; `root` is the engine's folder."""
    free = facts.free_at(root) if root else None
    if free is None or free >= LEAST_BYTES:
        return ""
    return f"only {free / 1e6:.0f} MB are free at `{root}`, {LEAST_BYTES / 1e6:.0f} MB are the least"


def foreign(built: Collection[str], here: str, there: str) -> tuple[str, ...]:
    """Return a sentence for every service built for `here`, as `linux/amd64`, that is to run `there`."""
    if not here or here == there:
        return ()
    return tuple(
        f"the image of `{service}` is built for `{here}`, but the engine runs `{there}`"
        for service in sorted(built)
    )


def same_machine(hosts: Mapping[str, HostFacts]) -> tuple[str, ...]:
    """Return a sentence for every two hosts that are one machine: the second would find the lock taken."""
    return tuple(
        f"`{one}` and `{other}` are the same machine"
        for one, other in combinations(sorted(hosts), 2)
        if hosts[one].machine and hosts[one].machine == hosts[other].machine
    )
