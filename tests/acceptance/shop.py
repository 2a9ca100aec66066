"""A small project under Git, and the command line as it is typed there."""

import io
import json
import os
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from stagecraft.app import App, Where
from stagecraft.app.opened import Opened
from stagecraft.cli.invocation import Invocation
from stagecraft.cli.main import run
from stagecraft.cli.terminal import Terminal
from stagecraft.engine.ports import Observer, Shield
from stagecraft.errors import StepFailedError
from stagecraft.model.events import Event
from stagecraft.model.image import Image
from stagecraft.model.outcome import Outcome
from stagecraft.model.release import Release
from stagecraft.model.step import Build, Step
from stagecraft.runtime.clock import SystemClock
from stagecraft.runtime.signals import Signals
from stagecraft.store.file import FileStore
from tests.acceptance.paper import PaperHands, World
from tests.cli.fakes import Said
from tests.fakes import Behaviour
from tests.runtime.repositories import commit, git

STAGECRAFT = """\
version: 1
project: shop
registry: acme
secrets:
  DATABASE_PASSWORD: {env: DATABASE_PASSWORD}
environments:
  demo:
    variables: {PUBLIC_URL: "http://localhost:8080"}
  prod:
    protected: true
"""
COMPOSE = """\
services:
  web:
    build:
      context: web
      dockerfile: Dockerfile.web
      args: {FLAVOUR: plain}
    environment:
      PUBLIC_URL: ${PUBLIC_URL:-}
      DATABASE_PASSWORD: ${DATABASE_PASSWORD}
    configs: [greeting]
    ports: ["8080:80"]
  db:
    image: postgres:15
configs:
  greeting: {file: greeting.txt}
"""
FILES = {
    "stagecraft.yml": STAGECRAFT,
    "compose.yml": COMPOSE,
    "greeting.txt": "hello\n",
    "web/Dockerfile.web": "FROM scratch\nARG FLAVOUR\n",
}
PASSWORD = "correct-horse-battery"


def make(folder: Path) -> Path:
    """Put the project under Git in `folder`; the same commit wherever that is."""
    for name, content in FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content)
    git(folder, "init", "-q", "-b", "main")
    commit(folder, "first")
    return folder


@dataclass
class Shop:
    """One clone of the project; every command is a new `App`, as in a new process."""

    folder: Path
    world: World = field(default_factory=World)
    environ: dict[str, str] = field(default_factory=dict)
    happens: Callable[[Event], None] | None = None
    """Called with every event of a run, in the thread it comes from."""
    shield: Shield | None = None

    @property
    def store(self) -> Path:
        return self.folder / ".stagecraft"

    def cli(self, line: str, *more: str, environ: Mapping[str, str] | None = None) -> Said:
        """Type one command line; `more` are arguments with spaces in them."""
        out, err = io.StringIO(), io.StringIO()
        around = {"PATH": os.environ["PATH"], "HOME": "/nowhere", "STAGECRAFT_ACTOR": "ada@laptop"}
        around |= {"DATABASE_PASSWORD": PASSWORD, **self.environ, **(environ or {})}
        call = Invocation(
            Terminal(out=out, err=err, environ=around),
            environ=around,
            cwd=self.folder,
            connect=self._connect,
        )
        code = run([*line.split(), *more], call)
        return Said(code, out.getvalue(), err.getvalue())

    def json(self, line: str) -> Any:
        """Return what a command prints with `--format json`."""
        said = self.cli(f"{line} --format json")
        assert 0 == said.code, said
        return json.loads(said.out)

    def deploy(self, version: str, options: str = "") -> Release:
        """Deploy a version to `demo`, successfully, and return its record as a new process reads it."""
        said = self.cli(f"deploy --env demo --version {version} {options}")
        assert 0 == said.code, said
        return self.newest()

    def failing(self, version: str, kind: str) -> Release:
        """Deploy a version whose step of that kind fails."""
        self.world.behaviour = fails(kind)
        said = self.cli(f"deploy --env demo --version {version}")
        self.world.behaviour = None
        assert 5 == said.code, said
        return self.newest()

    def killed(self, version: str, kind: str) -> None:
        """Deploy a version in a run that is killed in a step of that kind: the store stays as it was then."""
        left = self.folder.parent / "left"

        def behaviour(step: Step, release: Release) -> Outcome | None:
            if step.kind == kind:
                shutil.copytree(self.store, left)
                raise StepFailedError("nobody hears this any more")
            return succeeds(step, release)

        self.world.behaviour = behaviour
        self.cli(f"deploy --env demo --version {version}")
        self.world.behaviour = None
        shutil.rmtree(self.store)
        left.rename(self.store)

    def newest(self) -> Release:
        store = self.reader()
        newest = next(iter(store.headers("demo")))
        return store.read("demo", newest.number)

    def reader(self) -> FileStore:
        return FileStore(self.store, SystemClock())

    def write(self, name: str, content: str) -> None:
        (self.folder / name).write_text(content)

    def change(self, name: str, old: str, new: str) -> None:
        before = (self.folder / name).read_text()
        assert old in before
        self.write(name, before.replace(old, new))

    def copy(self, folder: Path) -> "Shop":
        """Return another clone with the same commit, without the store."""
        shutil.copytree(self.folder, folder, ignore=shutil.ignore_patterns(".stagecraft"))
        return Shop(folder)

    def _connect(self, where: Where, observer: Observer) -> App:
        def hands(where: Where, here: Opened, observer: Observer) -> PaperHands:
            return PaperHands(where, here, observer, self.world)

        def watched(event: Event) -> None:
            observer(event)
            if self.happens:
                self.happens(event)

        return App(where, watched, self.shield or Signals().shield, hands)


def succeeds(step: Step, release: Release) -> Outcome | None:
    """Build images as an engine without registry knows them: by ID."""
    if isinstance(step, Build):
        return Outcome(
            images={
                service: Image(reference=reference, digest=f"sha256:{len(reference):064x}", pushed=False)
                for service, reference in step.images.items()
            }
        )
    return None


def fails(kind: str) -> Behaviour:
    """Return steps of which those of one kind fail."""

    def behaviour(step: Step, release: Release) -> Outcome | None:
        if step.kind == kind:
            raise StepFailedError(f"{kind} broke", hint="mend it", log=("line one", "line two"))
        return succeeds(step, release)

    return behaviour
