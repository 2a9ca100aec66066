"""What a release does to one service on one host, as far as its texts say."""

from enum import StrEnum

from stagecraft.model.frozen import Frozen


class Change(StrEnum):
    """The fate of a service, in one word."""

    UNCHANGED = "unchanged"
    CHANGED = "changed"
    """Its containers are replaced, or there will be more or fewer of them."""
    ADDED = "added"
    REMOVED = "removed"


class ServiceChange(Frozen):
    """What becomes of a service, and why."""

    change: Change
    cause: str = ""
    """Empty if it stays as it is."""

    def __str__(self) -> str:
        return f"{self.change} ({self.cause})" if self.cause else self.change.value
