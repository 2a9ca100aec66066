"""A run as JSON: one event a line, the last one with the finished release (spec/json.md)."""

from typing import Any

from stagecraft.cli.render.json_text import json_line
from stagecraft.cli.render.release_json import release_json
from stagecraft.cli.terminal import Terminal
from stagecraft.model.events import Event, ReleaseFinished
from stagecraft.model.phase import Kind, ReleaseStatus


class JsonLines:
    """Every event on standard output as it happens."""

    def __init__(self, terminal: Terminal) -> None:
        self._terminal = terminal

    def __call__(self, event: Event) -> None:
        """Print the event."""
        self._terminal.data(json_line(event_json(event)))


def event_json(event: Event) -> dict[str, Any]:
    """Return one event as JSON values, its name first; a release looks as in `releases show`."""
    if isinstance(event, ReleaseFinished):
        release = event.release
        completed = release.status is ReleaseStatus.COMPLETED
        current = completed and release.kind in (Kind.DEPLOY, Kind.ROLLBACK)
        return {"event": event.event, "at": event.at, "release": release_json(release, current=current)}
    fields = event.model_dump(mode="json")
    return {"event": fields.pop("event"), **fields}
