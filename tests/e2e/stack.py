"""A Compose project of tiny services on the real engine, and rollouts of it without the command line."""

import hashlib
import json
import os
import signal
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import yaml

from stagecraft.compose.next_actions import next_actions
from stagecraft.compose.use import acted, wanted
from stagecraft.engine.rollout import RolloutLoop
from stagecraft.model.observed import Container, Observed
from stagecraft.model.release import HostRecord
from stagecraft.runtime.clock import SystemClock
from stagecraft.runtime.docker import Docker
from stagecraft.runtime.engine_access import EngineAccess
from stagecraft.runtime.inputs import label
from stagecraft.runtime.process import Processes
from stagecraft.runtime.redact import Redactor
from stagecraft.runtime.site import ComposeSite
from stagecraft.runtime.up import up_command
from tests.fakes import RecordingObserver

Services = Mapping[str, Mapping[str, Any]]

BASE = "stagecraft-base:bookworm"
CHECK = {"interval": "0.5s", "timeout": "2s", "retries": 2, "start_period": "10s", "start_interval": "0.2s"}
HEALTHY = {**CHECK, "test": ["CMD", "test", "-e", "/"]}

ANONYMOUS = {"type": "volume", "target": "/data"}


def sleeper(**given: Any) -> dict[str, Any]:
    return {"command": ["sleep", "1000"], "init": True, "stop_grace_period": "1s", **given}


def checked(**given: Any) -> dict[str, Any]:
    return sleeper(healthcheck=HEALTHY, **given)


def saying(script: str, **given: Any) -> dict[str, Any]:
    return sleeper(**{"command": ["sh", "-c", script.replace("$", "$$")], **given})


@dataclass
class Stack:
    """One Compose project of tiny services."""

    project: str
    folder: Path
    observer: RecordingObserver = field(default_factory=RecordingObserver)
    redactor: Redactor = field(default_factory=Redactor)

    def roll_out(
        self,
        services: Services,
        *,
        recreate: tuple[str, ...] = (),
        values: Mapping[str, str] | None = None,
        seconds: float = 180,
        health_timeout: float = 90,
    ) -> HostRecord:
        clock = SystemClock()
        deadline = clock.monotonic() + seconds
        self.redactor.add(values or {})
        text = self.text(services)
        bare = self.bare(text, values or {}, clock, deadline)
        observed = bare.observe()
        labels = self.inputs(observed, services, values or {})
        loop = self.loop(replace(bare, text=acted(text, labels)), clock)
        goal = wanted(text, labels, recreate)
        return loop.run(goal, health_timeout=health_timeout, deadline=deadline, observed=observed)

    def loop(self, site: ComposeSite, clock: SystemClock) -> RolloutLoop:
        return RolloutLoop("local", site, next_actions, clock, self.observer, self.redactor.redact)

    def bare(self, text: str, values: Mapping[str, str], clock: SystemClock, deadline: float) -> ComposeSite:
        processes = Processes(self.observer, self.redactor, tuple, clock)
        docker = Docker(EngineAccess.of(os.environ), processes, clock.monotonic)
        return ComposeSite(docker, self.project, self.folder, text, values, deadline)

    def inputs(self, observed: Observed, services: Services, values: Mapping[str, str]) -> dict[str, str]:
        """The label of every service that mentions a value."""
        labels = {}
        for name, service in services.items():
            used = {n: v.encode() for n, v in values.items() if f"${{{n}}}" in json.dumps(service)}
            labels[name] = label(used, [c.inputs for c in observed.of(name)], name)
        return labels

    def text(self, services: Services) -> str:
        """The text of these services, labelled as the renderer labels it."""
        labelled = {}
        for name, service in services.items():
            digest = hashlib.sha256(json.dumps(service, sort_keys=True).encode()).hexdigest()
            labelled[name] = {"image": BASE, "labels": {"stagecraft.digest": digest}, **service}
        return yaml.safe_dump({"services": labelled}, sort_keys=False)

    def containers(self) -> dict[str, Container]:
        """Every container by name without the project's."""
        clock = SystemClock()
        site = self.bare("", {}, clock, clock.monotonic() + 120)
        return {c.name.replace(f"{self.project}-", "", 1): c for c in site.observe().containers}

    def ids(self) -> dict[str, str]:
        return {name: container.id for name, container in self.containers().items()}

    def name(self, short: str) -> str:
        return f"{self.project}-{short}"

    def kill_update(self, services: Services) -> None:
        """Start a plain `up`, and kill it while it waits for an old container to stop."""
        clock = SystemClock()
        child = subprocess.Popen(
            ["docker", *up_command(self.project, self.folder, tuple(services), force=False)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=EngineAccess.of(os.environ).environment(),
            start_new_session=True,
            text=True,
        )
        assert child.stdin is not None
        child.stdin.write(acted(self.text(services), {}))
        child.stdin.close()
        until = clock.monotonic() + 120
        while not any("_" in name for name in self.containers()):
            assert clock.monotonic() < until, "the update never made its new container"
            time.sleep(0.05)
        os.killpg(child.pid, signal.SIGKILL)
        child.wait(60)
