"""Hooks in the plans of every kind of release, and the releases that run them (spec/hooks.md)."""

import pytest

from tests.acceptance.shop import Shop

HOOKS = """\
hooks:
  - {name: check, when: before, phase: build, command: [./check]}
  - name: smoke
    when: after
    phase: rollout
    command: [./smoke, --quick]
    on_failure: warn
    secrets: [SMOKE_KEY]
  - {name: elsewhere, when: after, phase: rollout, command: [./x], environments: [prod]}
  - {name: farewell, when: before, phase: rollout, command: [./farewell], kinds: [destroy]}
"""


@pytest.fixture
def hooked(shop: Shop) -> Shop:
    shop.change("stagecraft.yml", "secrets:\n", f"{HOOKS}secrets:\n  SMOKE_KEY: {{env: SMOKE_KEY}}\n")
    shop.environ["SMOKE_KEY"] = "sm0ke-5150"
    return shop


def hooks_in(plan: dict) -> list[tuple[str, str]]:  # type: ignore[type-arg]
    return [
        (phase["name"], step["name"])
        for phase in plan["phases"]
        for step in phase["steps"]
        if step["kind"] == "hook"
    ]


def test_the_plan_shows_each_hook_in_its_phase_and_needs_its_secrets(hooked: Shop) -> None:
    plan = hooked.json("plan --env demo --version 1.0")
    assert [("build", "check"), ("rollout", "smoke")] == hooks_in(plan)
    assert ["DATABASE_PASSWORD", "SMOKE_KEY"] == plan["secrets"]
    said = hooked.cli("plan --env demo --version 1.0").out
    assert "build         hook check: ./check (before build)\n" in said
    assert "hook smoke: ./smoke --quick (after rollout; if it fails, a warning)\n" in said


def test_the_hooks_of_a_skipped_phase_do_not_run(hooked: Shop) -> None:
    hooked.deploy("1.0")
    assert [("rollout", "smoke")] == hooks_in(hooked.json("plan --env demo --version 1.0"))


def test_hooks_alone_are_no_change(hooked: Shop) -> None:
    hooked.deploy("1.0")
    assert 0 == hooked.cli("plan --env demo --version 1.0 --exit-code").code


def test_a_rollback_runs_the_hooks_of_today_and_needs_no_secret_of_the_hooks_of_then(hooked: Shop) -> None:
    hooked.deploy("1.0")
    hooked.deploy("2.0")
    assert [("rollout", "smoke")] == hooks_in(hooked.json("rollback --env demo --dry-run"))
    hooked.change("stagecraft.yml", "    secrets: [SMOKE_KEY]\n", "")
    assert ["DATABASE_PASSWORD"] == hooked.json("rollback --env demo --dry-run")["secrets"]
    assert 0 == hooked.cli("rollback --env demo").code
    assert ["hook"] == [kind for kind in hooked.world.runner.kinds if kind == "hook"]


def test_a_resumed_release_runs_the_recorded_hooks(hooked: Shop) -> None:
    hooked.failing("1.0", "rollout")
    hooked.change("stagecraft.yml", "[./smoke, --quick]", "[./other]")
    assert 0 == hooked.cli("deploy --env demo --resume").code
    ran = [step.command for step in hooked.world.runner.ran if step.kind == "hook"]
    assert [("./smoke", "--quick")] == ran


def test_a_destroy_runs_only_the_hooks_that_name_it(hooked: Shop) -> None:
    hooked.deploy("1.0")
    assert [("rollout", "farewell")] == hooks_in(hooked.json("destroy --env demo --dry-run"))
    assert 0 == hooked.cli("destroy --env demo --yes").code
    assert ["hook", "destroy"] == hooked.world.runner.kinds


def test_a_hook_whose_secret_has_no_value_is_a_refusal_before_anything_is_touched(hooked: Shop) -> None:
    hooked.environ.pop("SMOKE_KEY")
    said = hooked.cli("deploy --env demo --version 1.0")
    assert 3 == said.code
    assert "1 secret has no value: `SMOKE_KEY`" in said.err
