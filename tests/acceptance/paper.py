"""An engine, a clock and hands made of paper: a run is real except for what it does to the world."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from stagecraft.app import Where
from stagecraft.app.hands import Hands
from stagecraft.app.opened import Opened
from stagecraft.engine.ports import Observer, Runner
from stagecraft.engine.stamped import Stamped
from stagecraft.errors import UnavailableError
from stagecraft.runtime.clock import SystemClock
from stagecraft.runtime.docker import Docker
from stagecraft.runtime.engine_access import EngineAccess
from stagecraft.runtime.engine_images import EngineImages, ImageInfo
from stagecraft.runtime.engine_info import EngineInfo
from stagecraft.runtime.engines import Engines
from stagecraft.runtime.ports import PublishedPort
from tests.fakes import Behaviour, RecordingRunner
from tests.runtime.scripted import Answer, ScriptedRuns


@dataclass
class World:
    """Everything outside of a project, and what was done to it. Later commands see what earlier ones left."""

    engine_is_down: bool = False
    missing: set[str] = field(default_factory=set)
    """Images that neither the engine nor a registry has."""
    forgotten: str = ""
    """A key of a build that this builder leaves out, as an older one does; empty: it knows every key."""
    ports: list[PublishedPort] = field(default_factory=list)
    behaviour: Behaviour | None = None
    """What the next steps do; None: they succeed."""
    hands: list["PaperHands"] = field(default_factory=list)
    asked: list[tuple[str, ...]] = field(default_factory=list)
    """Every question to the engine."""
    meanwhile: Callable[[], object] | None = None
    """Happens once, while the next run looks at the engine and before it takes the lock."""
    seconds: float = 0

    @property
    def runner(self) -> RecordingRunner:
        """Return the runner of the newest run."""
        return self.hands[-1].steps

    @property
    def untouched(self) -> bool:
        """Return whether nobody has so much as asked."""
        return not self.hands and not self.asked


class PaperClock(SystemClock):
    """One second for each look at it, across all runs in one world."""

    def __init__(self, world: World) -> None:
        super().__init__()
        self._world = world

    def now(self) -> datetime:
        self._world.seconds += 1
        return datetime(2026, 11, 20, 8, 0, tzinfo=UTC) + timedelta(seconds=self._world.seconds)

    def monotonic(self) -> float:
        return self._world.seconds


class PaperImages(EngineImages):
    """Every image that the world does not miss."""

    def __init__(self, docker: Docker, world: World) -> None:
        super().__init__(docker)
        self._world = world

    def get(self, reference: str) -> ImageInfo | None:
        self._world.asked.append(("image", reference))
        return None if reference in self._world.missing else ImageInfo("sha256:1", (), "linux", "amd64")


class PaperEngine(Docker):
    """Has every image that the world does not miss."""

    def __init__(self, world: World) -> None:
        super().__init__(EngineAccess({"PATH": "/nowhere", "DOCKER_HOST": "tcp://engine"}), ScriptedRuns())
        self._world = world
        self.images = PaperImages(self, world)

    def info(self) -> EngineInfo:
        self._world.asked.append(("info",))
        happens, self._world.meanwhile = self._world.meanwhile, None
        if happens:
            happens()
        if self._world.engine_is_down:
            raise UnavailableError("the Docker engine at its usual address does not answer", hint="start it")
        return EngineInfo("26.1.5", "linux", "amd64")

    def run(
        self,
        arguments: Sequence[str],
        *,
        deadline: float | None = None,
        values: Mapping[str, str] | None = None,
        cwd: Path = Path("/"),
        stdin: str | None = None,
        source: str = "",
    ) -> Answer:
        self._world.asked.append(tuple(arguments))
        if arguments[0] == "compose":
            return Answer('{"services": {}}')
        if "--print" in arguments:
            return Answer(_without(self._world.forgotten, json.loads(stdin or "{}")))
        return Answer(code=1 if self._world.missing & set(arguments) else 0)

    def published_ports(self) -> tuple[PublishedPort, ...]:
        return tuple(self._world.ports)


def _without(key: str, definition: Any) -> str:
    targets = {name: {k: v for k, v in one.items() if k != key} for name, one in definition["target"].items()}
    return json.dumps(definition | {"target": targets})


class PaperHands(Hands):
    """The wiring of a run, with a runner that only notes."""

    def __init__(self, where: Where, here: Opened, observer: Observer, world: World) -> None:
        super().__init__(where, here, observer)
        self.clock = PaperClock(world)
        self.observer = Stamped(observer, self.clock)
        self.docker = PaperEngine(world)
        self.engines = Engines(self.docker, self.processes, (), where.environ)
        self.steps = RecordingRunner(world.behaviour)
        self.secrets: dict[str, str] = {}
        world.hands.append(self)

    def runner(self, secrets: Mapping[str, str]) -> Runner:
        self.secrets = dict(secrets)
        return self.steps
