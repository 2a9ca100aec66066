"""push: every built image, side by side, so that hosts can pull it by digest."""

from collections.abc import Iterator

from stagecraft.model.step import Push
from stagecraft.phases import build
from stagecraft.phases.given import Given


def skipped(given: Given) -> str:
    """Return why the phase does not run, or an empty string."""
    if not given.builds:
        return build.skipped(given)
    if given.carried:
        return "no `registry`: hosts get images by ID, with `docker save | docker load`"
    if given.registry is None:
        return "no `registry`: images stay on the engine and are pinned by ID"
    return ""


def steps(given: Given) -> Iterator[Push]:
    """Yield one step an image."""
    where = "; hosts pull it from here" if given.served else ""
    for service, reference in sorted(given.builds.items()):
        yield Push(service=service, reference=reference, cause=f"built as {given.version}{where}")
