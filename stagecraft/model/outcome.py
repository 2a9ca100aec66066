"""What a step brought about."""

from dataclasses import dataclass, field

from stagecraft.model.image import Image
from stagecraft.model.release import HostRecord


@dataclass(frozen=True)
class Outcome:
    """What the executor records of a step that succeeded."""

    images: dict[str, Image] = field(default_factory=dict)
    hosts: dict[str, HostRecord] = field(default_factory=dict)
