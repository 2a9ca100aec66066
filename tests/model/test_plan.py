"""A plan as a value (stagecraft/model/plan.py)."""

import hashlib

from stagecraft.model.phase import Phase
from stagecraft.model.plan import HostPlan, Plan, content_digest, has_changes
from stagecraft.model.step import Build, Prune, Push, Rollout
from tests.fakes import a_plan


def test_a_content_digest_is_that_of_the_utf8_bytes() -> None:
    assert "sha256:" + hashlib.sha256("ü\n".encode()).hexdigest() == content_digest("ü\n")


def test_steps_are_found_by_their_phase() -> None:
    plan = a_plan()

    assert [Build, Push, Rollout, Prune] == [
        type(step)
        for phase in (Phase.BUILD, Phase.PUSH, Phase.ROLLOUT, Phase.FINALIZE)
        for step in plan.of(phase)
    ]
    assert {"web": "registry.example.com/shop/web:1.0"} == plan.builds
    assert ["local"] == [step.host for step in plan.rollouts]


def test_the_seal_is_over_everything_but_itself() -> None:
    plan = a_plan()

    assert plan == plan.sealed()
    assert plan.digest != plan.model_copy(update={"notes": ("another",)}).sealed().digest
    assert plan.digest != plan.model_copy(update={"base": "demo-1"}).sealed().digest


def test_the_seal_does_not_depend_on_the_order_of_keys() -> None:
    one = a_plan().model_copy(update={"variables": {"A": "1", "B": "2"}}).sealed()
    two = a_plan().model_copy(update={"variables": {"B": "2", "A": "1"}}).sealed()

    assert one.digest == two.digest


def only_a_rollout(
    *, difference: str = "", recreate: tuple[str, ...] = (), base: str | None = "demo-1"
) -> Plan:
    plan = a_plan(base=base)
    rollout = plan.rollouts[0].model_copy(update={"recreate": recreate})
    prune = plan.of(Phase.FINALIZE)
    hosts = {"local": HostPlan(text=rollout.text, difference=difference)}
    return plan.model_copy(update={"steps": (rollout, *prune), "hosts": hosts})


def test_a_rollout_of_the_same_text_and_a_prune_change_nothing() -> None:
    assert not has_changes(only_a_rollout())


def test_a_first_release_another_text_a_recreation_and_a_build_are_changes() -> None:
    assert has_changes(only_a_rollout(base=None))
    assert has_changes(only_a_rollout(difference="-a\n+b\n"))
    assert has_changes(only_a_rollout(recreate=("web",)))
    assert has_changes(a_plan(base="demo-1"))
