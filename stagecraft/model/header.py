"""The part of a release that lists print and the rollback chain is computed from; quick to import."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Self

from stagecraft.model.phase import Kind, PhaseStatus, ReleaseStatus


@dataclass(frozen=True)
class Header:
    """A release in short; `Release.header()` makes it.

    A dataclass, as lists need nothing else: pydantic costs more to import than they take.
    """

    id: str
    number: int
    environment: str
    kind: Kind
    version: str
    status: ReleaseStatus
    actor: str
    message: str
    created_at: datetime
    finished_at: datetime | None
    rollback_of: str | None
    resumes: str | None
    rollout: PhaseStatus
    undone: bool
    """Whether no host is left changed by this release's rollout."""
    partial: bool = False
    """Whether it destroyed some hosts only, so that the current release stays what it is."""

    def document(self) -> dict[str, Any]:
        """Return the fields as they are recorded."""
        return asdict(self) | {
            "created_at": _written(self.created_at),
            "finished_at": self.finished_at and _written(self.finished_at),
        }

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> Self:
        """Return the header of a record. Raises ValueError, TypeError, KeyError: it has other fields."""
        read = {
            "kind": Kind(document["kind"]),
            "status": ReleaseStatus(document["status"]),
            "created_at": datetime.fromisoformat(document["created_at"]),
            "finished_at": document["finished_at"] and datetime.fromisoformat(document["finished_at"]),
            "rollout": PhaseStatus(document["rollout"]),
        }
        return cls(**{**document, **read})


def _written(time: datetime) -> str:
    """Return a time as pydantic writes it in the rest of the record."""
    return time.isoformat().replace("+00:00", "Z")
