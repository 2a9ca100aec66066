"""Deploying: all phases once and in order, and what a failure in one does to the others."""

import json

import pytest

from stagecraft.model.phase import Because, Phase, PhaseStatus, ReleaseStatus
from stagecraft.model.release import Release
from stagecraft.model.step import Build, Rollout
from tests.acceptance.shop import Shop, fails, succeeds

DIGEST = "sha256:" + "a" * 64
NO_MIGRATIONS = "no migrations are configured"


def statuses(release: Release) -> list[str]:
    return [record.status.value for record in release.phases]


def reasons(release: Release) -> dict[str, str | None]:
    return {record.name.value: record.reason for record in release.phases if record.reason}


def test_all_six_phases_run_once_and_in_order(shop: Shop) -> None:
    release = shop.deploy("1.0")

    assert list(Phase) == [record.name for record in release.phases]
    assert ["completed", "completed", "skipped", "completed", "skipped", "completed"] == statuses(release)
    assert ["build", "push", "rollout"] == shop.world.runner.kinds


def test_a_phase_is_on_disk_as_running_before_its_first_effect(shop: Shop) -> None:
    shop.deploy("1.0")

    runner = shop.world.runner
    seen = [one.phase(step.phase).status for step, one in zip(runner.ran, runner.seen, strict=True)]
    assert [PhaseStatus.RUNNING] * 3 == seen


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("build", ["failed", "skipped", "skipped", "skipped", "skipped", "skipped"]),
        ("push", ["completed", "failed", "skipped", "skipped", "skipped", "skipped"]),
        ("rollout", ["completed", "completed", "skipped", "failed", "skipped", "skipped"]),
    ],
)
def test_a_failed_phase_skips_every_later_one_and_never_finalizes(
    shop: Shop, kind: str, expected: list[str]
) -> None:
    release = shop.failing("1.0", kind)

    assert expected == statuses(release)
    assert ReleaseStatus.FAILED is release.status
    assert (f"{kind} failed", Because.FAILURE) == (
        release.phase(Phase.FINALIZE).reason,
        release.phase(Phase.FINALIZE).because,
    )
    assert kind == shop.world.runner.kinds[-1]


def test_a_failure_is_told_with_the_last_lines_and_the_next_command(shop: Shop) -> None:
    shop.deploy("1.0")
    release = shop.failing("2.0", "rollout")

    assert ("rollout broke", ("line one", "line two")) == (
        release.phase(Phase.ROLLOUT).error,
        release.phase(Phase.ROLLOUT).log,
    )
    said = shop.cli("releases show demo-2")
    assert "rollout failed: rollout broke\n    line one\n    line two\n" in said.out
    assert ["demo-1"] == [one["id"] for one in shop.json("releases list --env demo") if one["current"]]


def test_migrations_are_in_every_record_with_the_reason_why_they_did_not_run(shop: Shop) -> None:
    for release in (shop.failing("1.0", "build"), shop.deploy("1.0"), shop.failing("2.0", "rollout")):
        assert (PhaseStatus.SKIPPED, NO_MIGRATIONS, Because.PLAN) == (
            release.phase(Phase.MIGRATE_PRE).status,
            release.phase(Phase.MIGRATE_PRE).reason,
            release.phase(Phase.MIGRATE_PRE).because,
        )


def test_a_new_process_reads_back_what_the_run_told_last(shop: Shop) -> None:
    said = shop.cli("deploy --env demo --version 1.0 --message why --format json")
    events = [json.loads(line) for line in said.out.splitlines()]

    assert "release_finished" == events[-1]["event"]
    assert shop.json("releases show demo-1") == events[-1]["release"]
    assert ("why", "ada@laptop", "completed") == (
        events[-1]["release"]["message"],
        events[-1]["release"]["actor"],
        events[-1]["release"]["status"],
    )


def test_a_run_that_fails_is_told_in_events_to_its_end(shop: Shop) -> None:
    shop.world.behaviour = fails("push")
    said = shop.cli("deploy --env demo --version 1.0 --format json")
    events = [json.loads(line) for line in said.out.splitlines()]
    phases = [(one["phase"], one["status"]) for one in events if one["event"] == "phase"]

    assert 5 == said.code
    assert [
        *[("build", "running"), ("build", "completed"), ("push", "running"), ("push", "failed")],
        *[(name, "skipped") for name in ("migrate_pre", "rollout", "migrate_post", "finalize")],
    ] == phases
    assert ("release_finished", "failed") == (events[-1]["event"], events[-1]["release"]["status"])


def test_without_a_version_git_says_which_it_is(shop: Shop) -> None:
    head = "".join((shop.folder / ".git" / "refs" / "heads" / "main").read_text().split())

    assert 0 == shop.cli("deploy --env demo").code
    assert (head[:12], head) == (shop.newest().version, shop.newest().commit)
    shop.write("README", "new\n")
    assert 0 == shop.cli("deploy --env demo").code
    assert shop.newest().version.startswith(f"{head[:12]}-dirty.")


def test_a_version_that_is_named_is_used(shop: Shop) -> None:
    assert "2026.11" == shop.deploy("2026.11").version
    assert {"web": "acme/web:2026.11"} == shop.newest().plan.builds


def test_the_builder_is_given_context_dockerfile_args_and_tags(shop: Shop) -> None:
    shop.deploy("1.0")

    (step,) = (one for one in shop.world.runner.ran if isinstance(one, Build))
    target = json.loads(step.definition)["target"]["web"]
    assert {
        "context": "web",
        "dockerfile": "Dockerfile.web",
        "args": {"FLAVOUR": "plain"},
        "tags": ["acme/web:1.0"],
    } == {name: target[name] for name in ("context", "dockerfile", "args", "tags")}


def test_the_rollout_is_of_a_text_with_every_built_image_pinned(shop: Shop) -> None:
    shop.deploy("1.0")

    index = shop.world.runner.kinds.index("rollout")
    text = shop.world.runner.seen[index].text_of("local")
    pin = shop.newest().images["web"].pin
    assert pin.startswith("acme/web:1.0@sha256:")
    assert (1, 1) == (text.count(f"image: {pin}\n"), text.count("image: postgres:15\n"))


def test_the_second_deploy_of_a_version_builds_and_pushes_nothing(shop: Shop) -> None:
    first = shop.deploy("1.0")
    again = shop.deploy("1.0")

    assert ["rollout"] == shop.world.runner.kinds
    assert ["`demo-1` has the same version"] * 2 == [
        again.phase(Phase.BUILD).reason,
        again.phase(Phase.PUSH).reason,
    ]
    assert first.text_of("local") == again.text_of("local")


def test_rebuild_builds_the_same_version_again(shop: Shop) -> None:
    shop.deploy("1.0")
    shop.deploy("1.0", "--rebuild")

    assert ["build", "push", "rollout"] == shop.world.runner.kinds


def test_images_built_elsewhere_are_released_as_they_are(shop: Shop) -> None:
    release = shop.deploy("1.0", f"--skip-build --image web=elsewhere/web@{DIGEST}")

    assert ["rollout"] == shop.world.runner.kinds
    assert f"image: elsewhere/web@{DIGEST}\n" in release.text_of("local")
    assert "`--skip-build`: every image is given" == release.phase(Phase.BUILD).reason


def test_skip_build_without_an_image_is_refused(shop: Shop) -> None:
    said = shop.cli("deploy --env demo --version 1.0 --skip-build")

    assert (2, "error: `--skip-build` needs an image for `web`") == (said.code, said.err.splitlines()[0])
    assert not shop.store.exists()


def test_a_service_to_recreate_reaches_the_rollout(shop: Shop) -> None:
    shop.deploy("1.0", "--recreate db")

    assert [("db",)] == [step.recreate for step in shop.world.runner.ran if isinstance(step, Rollout)]


def test_a_deploy_in_the_meantime_becomes_the_base(shop: Shop) -> None:
    shop.world.meanwhile = lambda: Shop(shop.folder).deploy("0.9")

    assert ("demo-2", "demo-1") == (shop.deploy("1.0").id, shop.newest().base)


def test_secrets_reach_the_runner_and_nothing_else(shop: Shop) -> None:
    shop.deploy("1.0")

    assert {"DATABASE_PASSWORD": "correct-horse-battery"} == shop.world.hands[-1].secrets
    assert ("DATABASE_PASSWORD",) == shop.newest().plan.secrets


def test_without_a_registry_nothing_is_pushed_and_images_are_pinned_by_id(shop: Shop) -> None:
    shop.change("stagecraft.yml", "registry: acme\n", "")
    shop.world.behaviour = succeeds
    release = shop.deploy("1.0")

    assert ["build", "rollout"] == shop.world.runner.kinds
    assert "no `registry`: images stay on the engine and are pinned by ID" == release.phase(Phase.PUSH).reason
    assert f"image: {release.images['web'].digest}\n" in release.text_of("local")
