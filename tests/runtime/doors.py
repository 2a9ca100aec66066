"""A real door to real programs, and what was told about it."""

import os
from collections.abc import Mapping
from pathlib import Path

from stagecraft.model.events import Command, CommandFinished, Event, Output
from stagecraft.runtime.clock import SystemClock
from stagecraft.runtime.process import Processes
from stagecraft.runtime.redact import Redactor

PATH = os.environ.get("PATH", os.defpath)
ENVIRONMENT = {"PATH": PATH}


def alive(pid: int) -> bool:
    """Whether a process still does something; a zombie that nobody here can reap does not."""
    try:
        os.kill(pid, 0)
        stat = Path(f"/proc/{pid}/stat").read_text()
    except ProcessLookupError:
        return False
    except FileNotFoundError:  # it went in between, or this is no Linux
        return not Path("/proc/self/stat").exists()
    return stat.rpartition(")")[2].split()[0] != "Z"


class Door:
    """`processes` is the thing itself; `events` is what observers saw."""

    def __init__(self, secrets: Mapping[str, str] | None = None, descriptors: tuple[int, ...] = ()) -> None:
        self.events: list[Event] = []
        self.clock = SystemClock()
        self.times: list[float] = []
        self.processes = Processes(self._observe, Redactor(secrets), lambda: descriptors, self.clock)

    def _observe(self, event: Event) -> None:
        self.events.append(event)
        self.times.append(self.clock.monotonic())

    @property
    def lines(self) -> list[str]:
        return [event.line for event in self.events if isinstance(event, Output)]

    @property
    def commands(self) -> list[str]:
        return [event.line for event in self.begins]

    @property
    def begins(self) -> list[Command]:
        return [event for event in self.events if isinstance(event, Command)]

    @property
    def ends(self) -> list[CommandFinished]:
        return [event for event in self.events if isinstance(event, CommandFinished)]
