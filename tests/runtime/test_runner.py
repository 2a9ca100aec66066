"""One effect a step kind (stagecraft/runtime/runner.py)."""

from collections.abc import Callable
from pathlib import Path

import pytest

from stagecraft.errors import StepFailedError, UnavailableError
from stagecraft.model.hook import Side
from stagecraft.model.image import Image
from stagecraft.model.outcome import Outcome
from stagecraft.model.phase import Phase
from stagecraft.model.release import HostRecord, Release
from stagecraft.model.step import Build, Destroy, Hook, Migrate, Prune, Pull, Push, Rollout, Step
from stagecraft.runtime.docker import Docker
from stagecraft.runtime.engine_access import EngineAccess
from stagecraft.runtime.images import Images
from stagecraft.runtime.runner import Record, StepRunner
from tests.fakes import a_release
from tests.runtime.scripted import ScriptedRuns

IMAGE = Image(reference="acme/web:1.0", digest="sha256:1")
HOST = HostRecord(text="sha256:t")


class PaperImages(Images):
    """Notes what is asked of it."""

    def __init__(self, said: list[str]) -> None:
        docker = Docker(EngineAccess({"PATH": "/nowhere"}), ScriptedRuns())
        super().__init__(docker, lambda _: docker, Path("/"), {}, lambda _: ())
        object.__setattr__(self, "said", said)

    said: list[str]

    def build(self, step: Build, deadline: float) -> dict[str, Image]:
        self.said.append(f"build until {deadline}")
        return {"web": IMAGE}

    def push(self, step: Push, deadline: float) -> Image:
        self.said.append(f"push until {deadline}")
        return IMAGE

    def prune(self, step: Prune, release: Release) -> None:
        self.said.append("prune")


def runner(said: list[str], *, gone: bool = False) -> StepRunner:
    def rollout(step: Rollout, release: Release, deadline: float) -> HostRecord:
        if gone:
            raise UnavailableError("the engine went away", hint="start it", place="web-1")
        said.append(f"rollout until {deadline}")
        return HOST

    def destroy(step: Destroy, deadline: float) -> HostRecord:
        said.append(f"destroy until {deadline}")
        return HOST

    def pull(step: Pull, release: Release, deadline: float) -> None:
        said.append(f"pull until {deadline}")

    def hook(step: Hook, release: Release, deadline: float, record: Record) -> None:
        said.append(f"hook {step.name} until {deadline}")

    return StepRunner(
        images=PaperImages(said),
        rollout=rollout,
        pull=pull,
        migrate=no_migration,
        destroy=destroy,
        hook=hook,
        stop=lambda: said.append("stop"),
    )


def no_migration(step: Migrate, release: Release, deadline: float, record: Record) -> None:
    raise AssertionError(step)


def unrecorded(edit: Callable[[Release], Release]) -> None:
    raise AssertionError(edit)


ROLLOUT = Rollout(cause="", host="web-1", compose_project="shop", text="sha256:t")

HOOK = Hook(cause="", name="smoke", when=Side.AFTER, phase=Phase.ROLLOUT, command=("x",))

DESTROY = Destroy(cause="", host="web-1", compose_project="shop")


@pytest.mark.parametrize(
    ("step", "done", "outcome"),
    [
        (Build(cause="", definition="{}", images={}), "build until 9", Outcome(images={"web": IMAGE})),
        (
            Push(cause="", service="web", reference="acme/web:1.0"),
            "push until 9",
            Outcome(images={"web": IMAGE}),
        ),
        (ROLLOUT, "rollout until 9", Outcome(hosts={"web-1": HOST})),
        (Pull(cause="", host="web-1"), "pull until 9", Outcome()),
        (Prune(cause="", images=()), "prune", Outcome()),
        (HOOK, "hook smoke until 9", Outcome()),
        (DESTROY, "destroy until 9", Outcome(hosts={"web-1": HOST})),
    ],
    ids=lambda value: value.kind if hasattr(value, "kind") else "",
)
def test_each_kind_of_step_has_its_effect(step: Step, done: str, outcome: Outcome) -> None:
    said: list[str] = []

    assert outcome == runner(said).run(step, a_release(), 9, unrecorded)
    assert [done] == said


def test_an_engine_that_goes_away_fails_the_step_with_its_place() -> None:
    with pytest.raises(StepFailedError) as failed:
        runner([], gone=True).run(ROLLOUT, a_release(), 9, unrecorded)

    assert ("web-1: the engine went away", "start it") == (str(failed.value), failed.value.hint)


def test_cancelling_stops_everything() -> None:
    said: list[str] = []
    runner(said).cancel()

    assert ["stop"] == said
