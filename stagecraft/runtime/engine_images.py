"""The images of one engine.

python-on-whales reads a single one; it is imported on first use, and started with the same explicit
environment as every other command (spec/rollout.md).
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING
from urllib.parse import quote

from stagecraft.errors import StepFailedError, UnavailableError
from stagecraft.runtime.process import ProcessTimeoutError

if TYPE_CHECKING:
    from python_on_whales import DockerClient

    from stagecraft.runtime.docker import Docker

_REGISTRY_SECONDS = 10.0
"""How long it may take if it asks a registry itself."""
_NO_LOGIN = "no basic auth credentials"
"""What the engine says of a registry that answered, and wants to know who asks (distribution, `auth`)."""


@dataclass(frozen=True)
class ImageInfo:
    """One image on the engine."""

    id: str
    repo_digests: tuple[str, ...]
    os: str
    architecture: str


class EngineImages:
    """What an engine knows of images, and what becomes of them there."""

    def __init__(self, docker: "Docker") -> None:
        self.docker = docker

    def get(self, reference: str) -> ImageInfo | None:
        """Return an image that is on the engine, or None. Raises UnavailableError."""
        from python_on_whales.exceptions import DockerException  # noqa: PLC0415

        try:
            found = self._whales.image.inspect(reference)
            return ImageInfo(found.id, tuple(found.repo_digests), found.os, found.architecture)
        except DockerException:
            self.docker.info()
            return None

    def missing(self, references: Iterable[str]) -> tuple[str, ...]:
        """Return which images are not on the engine, sorted. Raises UnavailableError."""
        wanted = sorted(references)
        if self.docker.socket:
            replies = self.docker.ask(*map(_image_path, wanted))
            return tuple(one for one, reply in zip(wanted, replies, strict=True) if reply.status != 200)
        if not wanted or self.docker.run(("image", "inspect", "--format={{.Id}}", *wanted)).code == 0:
            return ()
        if len(wanted) == 1:
            return tuple(wanted)
        return tuple(reference for reference in wanted if self.get(reference) is None)

    def pull(self, reference: str, deadline: float) -> None:
        """Fetch an image. Raises StepFailedError with the last lines."""
        finished = self.docker.run(("pull", "--quiet", reference), deadline=deadline, source="pull")
        if finished.code != 0:
            raise StepFailedError(
                f"`{reference}` cannot be pulled",
                hint="is it in its registry, and does the registry answer from that host?",
                log=tuple(finished.tail),
            )

    def registry_answers(self, reference: str) -> bool:
        """Return whether the registry of an image answers the engine, whatever it says of the image.

        The engine itself asks: 500 if the registry does not answer, 200, 401, 403 or 404 if it does. One that
        wants a login is 500 too, and only the text tells it from silence (tests/e2e/test_host_login.py).
        """
        try:
            (reply,) = self.docker.ask(
                f"/distribution/{reference}/json", deadline=self.docker.now() + _REGISTRY_SECONDS
            )
        except (UnavailableError, ProcessTimeoutError):
            return False
        return reply.status != 500 or _NO_LOGIN in reply.message

    def tags(self, repository: str) -> tuple[str, ...]:
        """Return every `repository:tag` of one repository on the engine, sorted."""
        listed = self.docker.run(("image", "ls", "--format={{.Repository}}:{{.Tag}}", repository))
        return tuple(sorted(tag for tag in listed.stdout.split() if not tag.endswith(":<none>")))

    def digests(self, images: Iterable[str]) -> dict[str, tuple[str, ...]]:
        """Return, by image ID, what registries call the images; one that is gone is left out."""
        if not (wanted := sorted(images)):
            return {}
        if self.docker.socket:
            replies = self.docker.ask(*map(_image_path, wanted))
            found = [reply.content for reply in replies if reply.status == 200]
            return {each["Id"]: tuple(each["RepoDigests"] or ()) for each in found}
        template = '--format={"id":{{json .Id}},"digests":{{json .RepoDigests}}}'
        lines = self.docker.run(("image", "inspect", template, *wanted)).stdout.splitlines()
        described = [json.loads(line) for line in lines if line]
        return {each["id"]: tuple(each["digests"] or ()) for each in described}

    def remove(self, reference: str) -> bool:
        """Remove a tag, and the image if nothing else names it. Return whether it could be done."""
        return self.docker.run(("image", "rm", reference)).code == 0

    @cached_property
    def _whales(self) -> "DockerClient":
        """The client, started through `env -i`: it would merge this process's whole environment otherwise."""
        from python_on_whales import DockerClient  # noqa: PLC0415

        explicit = (f"{name}={value}" for name, value in self.docker.access.environment().items())
        return DockerClient(client_call=["env", "-i", *explicit, "docker"])


def _image_path(reference: str) -> str:
    """Return where the engine's API describes an image."""
    return f"/images/{quote(reference, safe='/:@')}/json"
