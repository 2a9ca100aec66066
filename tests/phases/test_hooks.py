"""Where hooks stand among the steps of a plan."""

from stagecraft.model.hook import Side
from stagecraft.model.phase import Phase
from stagecraft.model.step import Hook, Push, Rollout, Step
from stagecraft.phases.hooks import with_hooks


def hook(name: str, when: Side, phase: Phase) -> Hook:
    return Hook(name=name, when=when, phase=phase, command=("./" + name,), cause=f"{when} {phase}")


def rollout(host: str, wave: int) -> Rollout:
    return Rollout(host=host, wave=wave, cause="1 -> 2", compose_project="shop", text="sha256:t")


STEPS: tuple[Step, ...] = (
    Push(service="web", reference="web:1", cause="built"),
    rollout("a", 0),
    rollout("b", 1),
)
HOOKS = (
    hook("last", Side.AFTER, Phase.ROLLOUT),
    hook("first", Side.BEFORE, Phase.ROLLOUT),
    hook("second", Side.BEFORE, Phase.ROLLOUT),
    hook("backup", Side.BEFORE, Phase.MIGRATE_PRE),
)


def names(steps: tuple[Step, ...]) -> list[tuple[str, int]]:
    return [(step.name if isinstance(step, Hook) else step.host, step.wave) for step in steps]


def test_hooks_stand_around_their_phase_and_hosts_keep_their_waves() -> None:
    expected = [("local", 0), ("first", -2), ("second", -1), ("a", 0), ("b", 1), ("last", 2)]
    assert expected == names(with_hooks(STEPS, {Phase.MIGRATE_PRE}, HOOKS))


def test_a_phase_without_steps_has_its_hooks_and_a_skipped_one_has_none() -> None:
    finalize = hook("tidy", Side.AFTER, Phase.FINALIZE)
    push = hook("sign", Side.AFTER, Phase.PUSH)
    assert [("tidy", 0)] == names(with_hooks((), {Phase.PUSH}, (finalize, push)))


def test_without_hooks_the_steps_are_what_they_were() -> None:
    assert STEPS == with_hooks(STEPS, (), ())
