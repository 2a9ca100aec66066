"""Going on with a release that did not end, and what is made of one that was killed."""

import signal

import pytest

from stagecraft.model.events import Event, PhaseChanged
from stagecraft.model.phase import Because, Phase, PhaseStatus, ReleaseStatus
from stagecraft.runtime.signals import Signals
from tests.acceptance.shop import Shop, fails


def resume(shop: Shop, options: str = "") -> None:
    said = shop.cli(f"deploy --env demo --resume {options}")
    assert 0 == said.code, said


@pytest.mark.parametrize(
    ("kind", "kinds", "carried"),
    [
        ("build", ["build", "push", "rollout"], []),
        ("push", ["push", "rollout"], [Phase.BUILD]),
        ("rollout", ["rollout"], [Phase.BUILD, Phase.PUSH]),
    ],
)
def test_a_resume_begins_with_the_first_phase_that_did_not_complete(
    shop: Shop, kind: str, kinds: list[str], carried: list[Phase]
) -> None:
    old = shop.failing("1.0", kind)
    resume(shop)
    release = shop.newest()

    assert (kinds, "demo-1", old.plan) == (shop.world.runner.kinds, release.resumes, release.plan)
    assert ReleaseStatus.COMPLETED is release.status
    assert carried == [record.name for record in release.phases if record.because is Because.RESUMED]
    assert {"completed in demo-1"} >= {release.phase(phase).reason for phase in carried}


def test_a_resumed_release_runs_the_images_of_the_one_it_resumes(shop: Shop) -> None:
    old = shop.failing("1.0", "rollout")
    resume(shop)

    assert (old.images, old.text_of("local")) == (shop.newest().images, shop.newest().text_of("local"))


def test_a_resume_of_a_resume_still_knows_what_is_done(shop: Shop) -> None:
    shop.failing("1.0", "push")
    shop.world.behaviour = fails("rollout")
    assert 5 == shop.cli("deploy --env demo --resume").code
    shop.world.behaviour = None
    resume(shop)

    assert (["rollout"], "demo-2") == (shop.world.runner.kinds, shop.newest().resumes)


def test_an_older_release_is_resumed_by_its_id(shop: Shop) -> None:
    shop.failing("1.0", "rollout")
    shop.failing("2.0", "build")
    resume(shop, "demo-1")

    assert ("1.0", "demo-1") == (shop.newest().version, shop.newest().resumes)


def test_a_resume_runs_the_plan_of_then_although_the_files_changed(shop: Shop) -> None:
    shop.failing("1.0", "rollout")
    shop.change("compose.yml", "postgres:15", "postgres:16")
    resume(shop)

    assert "postgres:15" in shop.newest().text_of("local")


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ("", "`demo-2` has completed: there is nothing to resume"),
        ("demo-1", "`demo-2` has completed since `demo-1`"),
        ("demo-2", "`demo-2` has completed: there is nothing to resume"),
    ],
)
def test_what_has_completed_or_was_replaced_is_not_resumed(shop: Shop, options: str, told: str) -> None:
    shop.failing("1.0", "rollout")
    shop.deploy("2.0")
    said = shop.cli(f"deploy --env demo --resume {options}")

    assert (6, f"error: {told}") == (said.code, said.err.partition("\n")[0])
    assert 2 == len(shop.json("releases list --env demo"))


def test_without_a_release_there_is_nothing_to_resume(shop: Shop) -> None:
    assert 6 == shop.cli("deploy --env demo --resume").code
    assert not shop.store.exists()


def test_a_release_of_another_environment_is_not_resumed(shop: Shop) -> None:
    shop.failing("1.0", "push")
    said = shop.cli("deploy --env prod --resume demo-1")

    assert (6, True) == (said.code, "add `--env demo`" in said.err)


def test_a_changed_tree_is_refused_if_something_is_still_to_be_built(shop: Shop) -> None:
    shop.world.behaviour = fails("build")
    assert 5 == shop.cli("deploy --env demo").code
    shop.world.behaviour = None
    shop.write("README", "changed\n")
    said = shop.cli("deploy --env demo --resume")

    assert (6, True) == (said.code, "`demo-1` is not built yet, and the working tree is" in said.err)
    (shop.folder / "README").unlink()
    resume(shop)


def test_a_changed_tree_does_not_matter_once_everything_is_built(shop: Shop) -> None:
    shop.world.behaviour = fails("push")
    assert 5 == shop.cli("deploy --env demo").code
    shop.world.behaviour = None
    shop.write("README", "changed\n")
    resume(shop)


def test_a_killed_release_is_listed_as_interrupted_before_anybody_wrote_it_down(shop: Shop) -> None:
    shop.killed("1.0", "push")
    record = (shop.store / "demo" / "releases" / "000001.json").read_bytes()

    assert b'"status": "running"' in record
    assert ["interrupted"] == [one["status"] for one in shop.json("releases list --env demo")]
    assert record == (shop.store / "demo" / "releases" / "000001.json").read_bytes()


def test_the_next_deploy_writes_a_killed_release_down_and_says_so(shop: Shop) -> None:
    shop.killed("1.0", "push")
    said = shop.cli("deploy --env demo --version 2.0")

    assert 0 == said.code
    assert "note: `demo-1` was still running when its run died: it is recorded as interrupted\n" in said.err
    old = shop.reader().read("demo", 1)
    assert (PhaseStatus.COMPLETED, PhaseStatus.INTERRUPTED, PhaseStatus.SKIPPED) == (
        old.phase(Phase.BUILD).status,
        old.phase(Phase.PUSH).status,
        old.phase(Phase.ROLLOUT).status,
    )


def test_a_killed_release_is_resumed_from_the_phase_it_died_in(shop: Shop) -> None:
    shop.killed("1.0", "push")
    resume(shop)

    assert (["push", "rollout"], "demo-1") == (shop.world.runner.kinds, shop.newest().resumes)


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGHUP, 129), (signal.SIGINT, 130), (signal.SIGTERM, 143)]
)
def test_a_signal_is_recorded_and_decides_the_exit_code(shop: Shop, number: int, code: int) -> None:
    signals = Signals()

    def strike(event: Event) -> None:
        if isinstance(event, PhaseChanged) and (event.phase, event.status) == ("rollout", "running"):
            signals.handle(number)

    shop.happens, shop.shield = strike, signals.shield
    said = shop.cli("deploy --env demo --version 1.0")
    release = shop.newest()

    assert code == said.code
    assert (ReleaseStatus.INTERRUPTED, PhaseStatus.INTERRUPTED, "rollout interrupted") == (
        release.status,
        release.phase(Phase.ROLLOUT).status,
        release.phase(Phase.FINALIZE).reason,
    )
    assert "--resume" in said.err
    assert shop.world.runner.cancelled.is_set()
