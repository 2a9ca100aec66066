"""Building, pushing and removing images (spec/phases.md, build, push, finalize)."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from stagecraft.errors import StepFailedError
from stagecraft.model.image import Image
from stagecraft.model.release import Release
from stagecraft.model.step import Build, Prune, Push
from stagecraft.runtime.docker import Docker
from stagecraft.runtime.runs import Finished

_BUILDX = {"BUILDX_BAKE_ENTITLEMENTS_FS": "0", "BUILDX_NO_DEFAULT_ATTESTATIONS": "1"}
"""A context outside of the folder is the user's decision; without attestations digests are stable."""


@dataclass(frozen=True)
class Images:
    """The images of one release: built and pushed here, removed where they are."""

    docker: Docker
    """This machine's engine."""
    engine: Callable[[str], Docker]
    """The engine of a host, by name."""
    folder: Path
    """Paths of the build definition start here: the folder of `stagecraft.yml`."""
    values: Mapping[str, str]
    """Secrets that `build.secrets` mounts; they reach bake through its environment only."""
    allowances: Callable[[str], Sequence[str]]
    """What bake has to be allowed (`--allow`) for a definition, from what it printed of it."""
    pushes: bool = True
    """False: there is no registry after all, and hosts are brought the images by ID."""

    def build(self, step: Build, deadline: float) -> dict[str, Image]:
        """Build every image of the step in one call; return them by service, known by their IDs.

        Raises StepFailedError with the builder's last lines.
        """
        printed = printed_by_bake(self.docker, step.definition, self.folder, self.values)
        allowed = [f"--allow={one}" for one in self.allowances(printed.stdout)] if printed.code == 0 else []
        finished = self.docker.run(
            ("buildx", "bake", "--progress=plain", "--load", *allowed, "--file=-"),
            deadline=deadline,
            values={**self.values, **_BUILDX},
            cwd=self.folder,
            stdin=step.definition,
            source="build",
        )
        _require(
            finished,
            "`docker buildx bake`",
            "the builder's last lines say why; nothing that runs was touched",
        )
        return {
            service: Image(reference=reference, digest=self._id(reference), pushed=False)
            for service, reference in step.images.items()
        }

    def push(self, step: Push, deadline: float) -> Image:
        """Push one image and return it by the digest that the registry knows.

        Raises StepFailedError.
        """
        if not self.pushes:
            return Image(reference=step.reference, digest=self._id(step.reference), pushed=False)
        finished = self.docker.run(
            ("push", step.reference), deadline=deadline, cwd=self.folder, source=f"push {step.service}"
        )
        registry = step.reference.partition("/")[0]
        _require(
            finished,
            f"`docker push {step.reference}`",
            f"is `{registry}` reachable, and are you logged in? `docker login {registry}`",
        )
        return Image(reference=step.reference, digest=self._registry_digest(step.reference))

    def prune(self, step: Prune, release: Release) -> None:
        """Remove references that `release` itself does not use; one in use by a container stays."""
        used = {name for image in release.images.values() for name in (image.reference, image.pin)}
        images = self.engine(step.host).images
        for reference in step.images:
            if reference not in used and images.get(reference):
                images.remove(reference)

    def _id(self, reference: str) -> str:
        found = self.docker.images.get(reference)
        if found is None:
            raise StepFailedError(
                f"`{reference}` was built but is not on the engine",
                hint="does the selected builder load its images? `docker buildx ls`",
            )
        return found.id

    def _registry_digest(self, reference: str) -> str:
        found = self.docker.images.get(reference)
        repository = reference.rpartition(":")[0]
        known = [one for one in found.repo_digests if one.rpartition("@")[0] == repository] if found else []
        if len(known) != 1:
            raise StepFailedError(
                f"`{reference}` was pushed but the engine knows {len(known) or 'no'} digests for it",
                hint=f"look at it: `docker image inspect {reference}`",
            )
        return known[0].rpartition("@")[2]


def printed_by_bake(docker: Docker, definition: str, folder: Path, values: Mapping[str, str]) -> Finished:
    """Return what this machine's bake makes of a definition, without building anything."""
    return docker.run(
        ("buildx", "bake", "--print", "--file=-"), values={**values, **_BUILDX}, cwd=folder, stdin=definition
    )


def _require(finished: Finished, what: str, hint: str) -> None:
    if finished.code != 0:
        raise StepFailedError(
            f"{what} ended with exit code {finished.code}", hint=hint, log=tuple(finished.tail)
        )
