"""build: one bake call for every service with `build:`."""

from collections.abc import Iterator

from stagecraft.model.step import Build
from stagecraft.phases.given import Given


def skipped(given: Given) -> str:
    """Return why the phase does not run, or an empty string."""
    if given.builds:
        return ""
    return given.given_reason or "no service has `build:`"


def steps(given: Given) -> Iterator[Build]:
    """Yield one step that builds every image of the release."""
    services = ", ".join(sorted(given.builds))
    yield Build(
        definition=given.definition,
        images=dict(given.builds),
        cause=f"{services} at {given.version}",
    )
