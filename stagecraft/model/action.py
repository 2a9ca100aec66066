"""What a rollout does next on a host: values with a cause, found by observing (spec/rollout.md)."""

from enum import StrEnum

from stagecraft.model.frozen import Frozen
from stagecraft.model.ingress import Share


class Verb(StrEnum):
    """Why a service is brought up, in one word."""

    CREATE = "create"
    REPLACE = "replace"
    START = "start"
    REPAIR = "repair"


class _Action(Frozen):
    cause: str


class Up(_Action):
    """Bring one service to the text."""

    service: str
    verb: Verb
    force: bool = False
    """Whether containers are replaced that Compose itself would keep."""

    def __str__(self) -> str:
        return f"{self.verb} {self.service}"


class Add(_Action):
    """Start new containers of a service beside its old ones, which stay as they are."""

    service: str
    count: int
    """How many are started now."""
    new: int
    """How many containers of the new definition there are afterwards."""
    total: int
    """How many containers there are afterwards, the old ones included."""

    def __str__(self) -> str:
        return f"add {self.count} {self.service}" if self.count > 1 else f"add {self.service}"


class Remove(_Action):
    """Stop a container with its own signal and grace period, then remove it; its volumes stay."""

    id: str
    name: str

    def __str__(self) -> str:
        return f"remove {self.name}"


class Rename(_Action):
    """Give a container the name that an interrupted update meant for it."""

    id: str
    name: str
    to: str

    def __str__(self) -> str:
        return f"rename {self.name}"


class Switch(_Action):
    """Lead the requests for a service to these containers, and to no others: those drain."""

    service: str
    proxy: str
    """ID of the container of the ingress that is told."""
    to: tuple[Share, ...]

    def __str__(self) -> str:
        return f"switch {self.service} to {', '.join(share.container for share in self.to) or 'nothing'}"


class Check(_Action):
    """Run a command in a container; its exit code decides about the new containers of a service."""

    service: str
    container: str
    """ID of the container it runs in."""
    command: tuple[str, ...]

    def __str__(self) -> str:
        return f"check {self.service}"


class Wait(_Action):
    """Nothing to do for a service but to look again."""

    service: str
    rest: float = 0
    """Seconds to let pass at most, if it waits for no container to become ready."""
    leaving: tuple[str, ...] = ()
    """IDs of the containers whose requests in flight are waited for."""

    def __str__(self) -> str:
        return f"wait for {self.service}"


class Fail(_Action):
    """The goal cannot be reached: the rollout ends here."""

    service: str
    container: str = ""
    """The name of the container whose log tells why; empty if there is none."""

    def __str__(self) -> str:
        return f"fail {self.service}"


Action = Add | Check | Fail | Rename | Remove | Switch | Up | Wait
"""The closed union: whoever acts on it matches all of them and ends in `assert_never`."""
