"""What a plan says of images beside their names: how they are built, and which are beyond `retain` then."""

from collections.abc import Mapping
from itertools import islice

from stagecraft.app import images
from stagecraft.app.compose_project import ComposeProject
from stagecraft.app.opened import Opened
from stagecraft.compose import bake
from stagecraft.compose.build_inputs import build_inputs
from stagecraft.model.history import completed
from stagecraft.runtime.git import Git

_OCI = "org.opencontainers.image"
_BEYOND = 20
"""How many releases older than the kept ones are looked at for images to remove, each time."""


def definition(here: Opened, project: ComposeProject, git: Git, builds: Mapping[str, str]) -> str:
    """Return the bake definition; each image is labelled with the last commit that touched its inputs."""
    if not builds:
        return ""
    source = git.remote_source()
    labels: dict[str, dict[str, str]] = {}
    for service in builds:
        inputs = build_inputs(project.model, service)
        touched = git.last_commit([(here.folder / path).absolute() for path in inputs.paths])
        labels[service] = {f"{_OCI}.source": source} if source else {}
        if touched.commit:
            labels[service][f"{_OCI}.revision"] = touched.commit + ("-dirty" if touched.dirty else "")
    return bake.definition(project.model, builds, labels)


def superseded(here: Opened) -> tuple[str, ...]:
    """Return the images that will be beyond `retain` once this release has completed."""
    store, retain = here.store, here.loaded.project.retain
    headers = list(islice(store.headers(here.environment.name), retain + _BEYOND))
    kept = completed(headers)[: retain - 1]
    if len(kept) < retain - 1:
        return ()
    older = [header for header in headers if not kept or header.number < kept[-1].number]
    return images.superseded(
        [store.read(header.environment, header.number) for header in kept],
        [store.read(header.environment, header.number) for header in older],
    )
