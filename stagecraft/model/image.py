"""Images, by what cannot move."""

from stagecraft.model.frozen import Frozen


class Image(Frozen):
    """One image of a release. `pin` is what the final Compose text says."""

    reference: str
    """`repository:tag` (or `repository`, for an image that was given by digest)."""
    digest: str
    """`sha256:...` in the registry; without a registry the image ID."""
    pushed: bool = True
    """False: the image lives on the engine only and is pinned by its ID."""

    @property
    def pin(self) -> str:
        """Return the reference that cannot move."""
        return f"{self.reference}@{self.digest}" if self.pushed else self.digest


class RunningImage(Frozen):
    """What a container really ran after the rollout."""

    image: str
    """What the text said."""
    id: str
    """The engine's image ID."""
    digest: str | None = None
    """`repository@sha256:...` if the engine knows one."""
