"""Which images a release is made of, and where each comes from. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from stagecraft.errors import ConfigError
from stagecraft.model.image import Image
from stagecraft.model.release import Release


@dataclass(frozen=True)
class Choice:
    """The images of a release: those to build and those that are given."""

    builds: dict[str, str] = field(default_factory=dict)
    """Service -> `repository:tag`."""
    given: dict[str, Image] = field(default_factory=dict)
    reason: str = ""
    """Why nothing is built, if nothing is."""

    @property
    def references(self) -> dict[str, str]:
        """Return what the planned text says for each service."""
        return {**self.builds, **{service: image.pin for service, image in self.given.items()}}


def choose(
    *,
    built: tuple[str, ...],
    version: str,
    repository: str,
    base: Release | None,
    asked: Mapping[str, str],
    skip_build: bool,
    rebuild: bool,
) -> Choice:
    """Return where each image of the services in `built` comes from.

    `repository` is what image names begin with: the registry, else the project. `asked` is `--image`.

    Raises ConfigError: an image without digest or of no built service, or `--skip-build` without an image.
    """
    given = {service: _given(service, reference, built) for service, reference in sorted(asked.items())}
    if skip_build:
        if missing := [service for service in built if service not in given]:
            raise ConfigError(
                f"`--skip-build` needs an image for {', '.join(f'`{name}`' for name in missing)}",
                hint=f"add `--image {missing[0]}=REPOSITORY@sha256:...` for each",
            )
        return Choice(given=given, reason="`--skip-build`: every image is given")
    if base and not given and not rebuild and base.version == version and set(built) <= set(base.images):
        kept = {service: base.images[service] for service in built}
        return Choice(given=kept, reason=f"`{base.id}` has the same version" if built else "")
    builds = {service: f"{repository}/{service}:{version}" for service in built if service not in given}
    return Choice(builds=builds, given=given, reason="every image is given" if given else "")


def settled(images: Mapping[str, Image], base: Release | None) -> dict[str, Image]:
    """Return the images with the base's own reference for each whose digest is the same.

    So a service that was built again from unchanged inputs keeps its text, and its containers.
    """
    before = base.images if base else {}
    return {
        service: before[service] if service in before and _same(before[service], image) else image
        for service, image in images.items()
    }


def superseded(kept: list[Release], older: list[Release]) -> tuple[str, ...]:
    """Return references of images in `older` releases that no kept one uses, sorted."""
    used = [image for release in kept for image in release.images.values()]
    names = {image.reference for image in used} | {image.pin for image in used}
    digests = {image.digest for image in used}
    return tuple(
        sorted(
            {
                reference
                for release in older
                for image in release.images.values()
                for reference in (image.reference, image.pin)
                if image.digest not in digests and reference not in names
            }
        )
    )


def _same(before: Image, after: Image) -> bool:
    """Whether two images are the same content under the same name, except for the tag."""
    return (before.digest, before.pushed, _repository(before)) == (
        after.digest,
        after.pushed,
        _repository(after),
    )


def _repository(image: Image) -> str:
    folder, slash, name = image.reference.rpartition("/")
    return f"{folder}{slash}{name.partition(':')[0]}"


def _given(service: str, reference: str, built: tuple[str, ...]) -> Image:
    name, at, digest = reference.partition("@")
    if service not in built:
        raise ConfigError(
            f"`--image {service}=...`: `{service}` is not a service with `build:`",
            hint=f"those are {', '.join(f'`{one}`' for one in built) or 'none'}",
        )
    if not at or not name or not digest.startswith("sha256:") or len(digest) != len("sha256:") + 64:
        raise ConfigError(
            f"`--image {service}={reference}` does not name an image by digest",
            hint=f"use `--image {service}=REPOSITORY@sha256:...`: a tag can move",
        )
    return Image(reference=name, digest=digest)
