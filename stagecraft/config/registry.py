"""`registry:` of `stagecraft.yml`: an address, or `local` (spec/hosts.md, Without a registry)."""

from typing import Annotated

from pydantic import BeforeValidator, Discriminator, Field, Tag

from stagecraft.config.names import Registry
from stagecraft.model.frozen import Frozen

DEFAULT_PORT = 5055
_LOCAL = "local"


class LocalRegistry(Frozen):
    """A registry on the machine that Stagecraft runs on, there as long as a run."""

    local: Annotated[int, Field(strict=True, ge=1, le=65535)] = Field(
        description="Port of the run's own registry, here and on every host."
    )

    def address(self, project: str) -> str:
        """Return what names of images begin with; the same here and on every host."""
        return f"localhost:{self.local}/{project}"


def _written(value: object) -> object:
    return {_LOCAL: DEFAULT_PORT} if value == _LOCAL else value


def _kind(value: object) -> str | None:
    if isinstance(value, str):
        return "address"
    return _LOCAL if isinstance(value, dict | LocalRegistry) else None


RegistryKey = Annotated[
    Annotated[Registry, Tag("address")] | Annotated[LocalRegistry, Tag(_LOCAL)],
    Discriminator(
        _kind,
        custom_error_type="registry",
        custom_error_message="must be an address, `local` or `{local: PORT}`",
    ),
    BeforeValidator(_written),
]
