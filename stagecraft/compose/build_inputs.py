"""Which files an image is built from, and whether the release store is among them."""

import posixpath
from dataclasses import dataclass

from stagecraft.compose.canonical import Canonical, is_remote
from stagecraft.compose.dockerignore import excludes
from stagecraft.errors import ConfigError


@dataclass(frozen=True)
class BuildInputs:
    """What the last commit to the inputs of one image is looked up for."""

    context: str
    """The main context's folder, or `` if it is fetched from elsewhere."""
    folders: tuple[str, ...]
    """Every local context, relative to the folder of `stagecraft.yml` (or absolute), sorted."""
    dockerfile: str = ""
    """Path of the Dockerfile, or `` if it is inline or elsewhere."""
    inline: bool = False
    """The Dockerfile is part of the Compose file, which is then an input too."""

    @property
    def paths(self) -> tuple[str, ...]:
        """Return every folder and file, sorted."""
        return tuple(sorted({*self.folders, *([self.dockerfile] if self.dockerfile else [])}))

    @property
    def ignore_files(self) -> tuple[str, ...]:
        """Return where BuildKit looks for the main context's ignore file, first hit wins."""
        own = [f"{self.dockerfile}.dockerignore"] if self.dockerfile else []
        return (*own, posixpath.join(self.context, ".dockerignore"))


def build_inputs(model: Canonical, service: str) -> BuildInputs:
    """Return the build inputs of one service that has `build:`."""
    build = model.services[service]["build"]
    context = build.get("context", ".")
    contexts = [context, *build.get("additional_contexts", {}).values()]
    local = sorted(
        {
            posixpath.normpath(path)
            for path in contexts
            if not is_remote(path) and not path.startswith(("service:", "target:"))
        }
    )
    inline = "dockerfile_inline" in build
    if is_remote(context):
        return BuildInputs(context="", folders=tuple(local), inline=inline)
    dockerfile = (
        "" if inline else posixpath.normpath(posixpath.join(context, build.get("dockerfile", "Dockerfile")))
    )
    return BuildInputs(posixpath.normpath(context), tuple(local), dockerfile, inline)


def check_store_excluded(
    service: str, context: str, store: str, ignore: str | None, ignore_file: str
) -> None:
    """Refuse a build context that takes the release store into the image.

    `context` and `store` are folders in the same notation (both relative to one folder, or both absolute);
    `ignore` is the text of `ignore_file`, the context's ignore file, or None if there is none.

    Raises ConfigError with the line to add.
    """
    inside = posixpath.relpath(store, context)
    if inside == ".." or inside.startswith("../"):
        return
    samples = ("lock", "environment/releases/000001.json")
    if inside != "." and all(excludes(ignore or "", posixpath.join(inside, sample)) for sample in samples):
        return
    line = f"add the line `{inside}` to `{ignore_file}`"
    raise ConfigError(
        f"the build context of service `{service}` contains the release store `{store}`",
        place=f"services.{service}.build.context",
        hint=line if inside != "." else "keep the store elsewhere (`--store`)",
    )
