"""What a rollout does when a host fails."""

from enum import StrEnum


class OnFailure(StrEnum):
    """The fate of the other hosts."""

    REVERT = "revert"
    """Hosts that were switched go back to the current release."""
    STOP = "stop"
    """Hosts that were not begun are left untouched; switched ones stay."""
    CONTINUE = "continue"
    """The other hosts go on."""
