"""What reading the store gives back."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # lists need none of its fields
    from stagecraft.model.header import Header


@dataclass(frozen=True)
class Listed:
    """One line of `releases list`."""

    header: "Header"
    current: bool


@dataclass(frozen=True)
class ReleaseDifference:
    """What differs between two releases."""

    a: str
    b: str
    texts: Mapping[str, str]
    """Host -> unified difference; empty if there is none."""
    images: Mapping[str, tuple[str | None, str | None]]
    """Service -> pinned image before and after, if they differ."""
    variables: Mapping[str, tuple[str | None, str | None]]
    """Variable -> value before and after, if they differ."""
