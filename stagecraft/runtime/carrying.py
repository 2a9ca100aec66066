"""Images from this machine's engine to a host's, where no registry is between them (spec/hosts.md)."""

from collections.abc import Mapping
from dataclasses import dataclass

from stagecraft.errors import StepFailedError
from stagecraft.runtime.docker import Docker
from stagecraft.runtime.runs import Runs

_CARRY = """\
docker save "$@" | {
    unset DOCKER_CONTEXT DOCKER_TLS_VERIFY DOCKER_CERT_PATH
    DOCKER_HOST=$STAGECRAFT_TO docker load --quiet
}
"""


@dataclass(frozen=True)
class Carrier:
    """Carries images by ID, whole, in one stream a host."""

    here: Docker
    processes: Runs

    def __call__(self, there: Docker, images: Mapping[str, str], deadline: float) -> None:
        """Bring images, ID -> `repository:tag`, to another engine; a tag that has moved stays here.

        Raises StepFailedError: an image is not here, or has not arrived.
        """
        if gone := self.here.images.missing(images):
            raise StepFailedError(
                f"image `{images[gone[0]]}` (`{gone[0]}`) is neither there nor on this machine's engine",
                hint="`stagecraft deploy --rebuild` builds it again",
            )
        finished = self.processes.run(
            ("sh", "-c", _CARRY, "carry", *(self._named(image, name) for image, name in images.items())),
            env=self.here.access.environment({"STAGECRAFT_TO": there.access.variables["DOCKER_HOST"]}),
            cwd=None,
            deadline=deadline,
            source="pull",
        )
        if lost := there.images.missing(images):
            raise StepFailedError(
                f"image `{images[lost[0]]}` has not arrived",
                hint="the last lines say why; nothing that runs was touched",
                log=finished.tail,
            )

    def _named(self, image: str, name: str) -> str:
        """Return what to save so that the image has its name there too."""
        found = self.here.images.get(name)
        return name if found and found.id == image else image
