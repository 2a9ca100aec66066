"""The loop with the real deciding function, over simulated containers and a clock that moves by sleeping."""

import contextlib
from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stagecraft.compose.next_actions import next_actions
from stagecraft.engine.rollout import RolloutLoop
from stagecraft.errors import StepFailedError
from stagecraft.model import events
from stagecraft.model.observed import Condition, Container, Health, Observed, Wanted, WantedService
from stagecraft.model.phase import HostStatus
from stagecraft.model.release import HostRecord
from stagecraft.model.strategy import Order, Strategy
from tests.engine.simulated_site import KilledError, Program, SimulatedSite
from tests.fakes import FakeClock, RecordingObserver


def wanted(recreate: tuple[str, ...] = (), **services: dict[str, Any]) -> Wanted:
    return Wanted(
        services=tuple(
            WantedService(**{"name": name, "digest": "now", "inputs": "", **given})
            for name, given in services.items()
        ),
        recreate=frozenset(recreate),
    )


def container(slot: str, **given: Any) -> Container:
    """`web-1`: the first container of `web`, current and long up unless said."""
    stem, _, number = slot.rpartition("-")
    defaults = {"id": f"id-of-{slot}", "name": slot, "service": stem, "number": int(number), "digest": "now"}
    return Container(**{**defaults, "state": "running", "up_for": 60.0, **given})


def simulate(
    goal: Wanted, *containers: Container, programs: Mapping[str, Program] | None = None, **options: Any
) -> SimulatedSite:
    site = SimulatedSite(FakeClock(tick=0), goal, programs or {}, **options)
    for each in containers:
        site.place(each)
    return site


def roll_out(
    site: SimulatedSite,
    observer: RecordingObserver | None = None,
    *,
    health_timeout: float = 20,
    deadline: float = 600,
) -> HostRecord:
    loop = RolloutLoop(
        host="local",
        site=site,
        decide=next_actions,
        clock=site.clock,
        notify=observer or RecordingObserver(),
        redact=lambda line: line.replace("hunter2", "***PASSWORD***"),
    )
    return loop.run(site.wanted, health_timeout=health_timeout, deadline=deadline)


def test_a_site_that_is_as_wanted_is_not_touched_and_not_waited_for() -> None:
    site = simulate(wanted(web={}), container("web-1"))

    record = roll_out(site)

    assert (HostStatus.UNCHANGED, (), [], 0) == (
        record.status,
        record.actions,
        site.calls,
        site.clock.seconds,
    )


def test_what_was_observed_before_is_not_looked_for_again() -> None:
    class Blind(SimulatedSite):
        def observe(self) -> Observed:
            raise AssertionError("a second look")

    goal = wanted(web={})
    observed = simulate(goal, container("web-1")).observe()
    site = Blind(FakeClock(tick=0), goal)
    loop = RolloutLoop("local", site, next_actions, site.clock, RecordingObserver(), str)

    record = loop.run(goal, health_timeout=20, deadline=60, observed=observed)

    assert HostStatus.UNCHANGED is record.status


def test_independent_services_come_up_in_one_command_and_dependent_ones_after_them() -> None:
    goal = wanted(db={"has_check": True}, cache={}, web={"needs": {"db": Condition.HEALTHY}})
    site = simulate(goal, programs={"db": Program(healthy_after=1)})

    roll_out(site)

    assert ["up db cache", "up web"] == site.calls


def test_only_the_changed_service_is_touched_and_the_record_says_why() -> None:
    site = simulate(wanted(web={}, db={}), container("web-1", digest="old"), container("db-1"))

    record = roll_out(site)

    assert ["up web"] == site.calls
    assert (HostStatus.UPDATED, ("replace web: its definition, its image or a config changed",)) == (
        record.status,
        record.actions,
    )


def test_a_service_without_a_check_is_waited_for_as_long_as_it_takes_to_be_stable() -> None:
    site = simulate(wanted(web={}))

    roll_out(site)

    assert 5 <= site.clock.seconds < 5.2


def test_a_healthy_service_is_not_waited_for_any_longer() -> None:
    site = simulate(wanted(web={"has_check": True}), programs={"web": Program(healthy_after=0.7)})

    roll_out(site)

    assert 0.7 <= site.clock.seconds < 0.9


def test_waiting_is_told_once() -> None:
    observer = RecordingObserver()

    roll_out(simulate(wanted(web={})), observer)

    assert [("create web", "it has no container"), ("wait for web", "it has to stay up")] == [
        (event.action, event.cause) for event in observer.events if isinstance(event, events.Action)
    ]


def test_forced_and_ordinary_updates_are_two_commands() -> None:
    site = simulate(wanted(("web",), web={}, db={}), container("web-1"))

    roll_out(site)

    assert ["up web --force-recreate", "up db"] == site.calls


def test_updates_of_one_kind_are_one_command_wherever_they_stand() -> None:
    site = simulate(wanted(("a", "c"), a={}, b={}, c={}), container("a-1"), container("c-1"))

    roll_out(site)

    assert ["up a c --force-recreate", "up b"] == site.calls


def test_a_leftover_is_renamed_and_then_started_with_its_volumes() -> None:
    leftover = container(
        "web-1", id="new", name="0123456789ab_web-1", replaces="0123456789ab", state="created", up_for=0.0
    )
    site = simulate(wanted(web={}), leftover)

    roll_out(site)

    assert ["rename 0123456789ab_web-1 web-1", "up web"] == site.calls
    assert ["new"] == list(site.made)


def test_a_crash_fails_with_the_last_lines_of_the_container_redacted() -> None:
    said = {"web-1": [*(f"line {number}" for number in range(60)), "cannot log in with hunter2"]}
    site = simulate(wanted(web={}), programs={"web": Program(exits_after=0.5, exit_code=3)}, said=said)

    with pytest.raises(StepFailedError) as failure:
        roll_out(site)

    assert "host local: `web` failed: it exited with code 3" == str(failure.value)
    assert 50 == len(failure.value.log)
    assert "web-1 | cannot log in with ***PASSWORD***" == failure.value.log[-1]


def test_a_crash_loop_without_a_check_fails_although_it_always_runs_again() -> None:
    goal = wanted(web={"restart": "always"})
    site = simulate(goal, programs={"web": Program(exits_after=4, exit_code=3)})

    with pytest.raises(StepFailedError, match="it keeps ending and was restarted once"):
        roll_out(site)


def test_an_unhealthy_service_fails_with_what_its_check_said() -> None:
    site = simulate(wanted(web={"has_check": True}), programs={"web": Program(unhealthy_after=2)})

    with pytest.raises(StepFailedError) as failure:
        roll_out(site)

    assert ("web-1 health check | connection refused",) == failure.value.log


def test_a_service_that_never_becomes_healthy_fails_after_its_time() -> None:
    site = simulate(wanted(web={"has_check": True}), programs={"web": Program(healthy_after=99)})

    with pytest.raises(StepFailedError, match="it did not become healthy in time"):
        roll_out(site, health_timeout=20)

    assert 20 < site.clock.seconds < 20.3


def test_a_late_dependency_takes_nothing_from_the_time_of_what_waits_for_it() -> None:
    goal = wanted(db={"has_check": True}, web={"has_check": True, "needs": {"db": Condition.HEALTHY}})
    programs = {"db": Program(healthy_after=15), "web": Program(healthy_after=15)}

    record = roll_out(simulate(goal, programs=programs), health_timeout=20)

    assert HostStatus.UPDATED is record.status


def test_the_deadline_of_the_phase_ends_a_rollout_that_waits() -> None:
    site = simulate(wanted(web={"has_check": True}), programs={"web": Program(healthy_after=99)})

    with pytest.raises(StepFailedError, match="left to do: wait for web"):
        roll_out(site, deadline=3)


def test_an_action_without_effect_is_repeated_at_the_pace_of_the_poll_until_the_deadline() -> None:
    class Stubborn(SimulatedSite):
        def remove(self, containers: object) -> None:
            self.calls.append("remove")
            assert len(self.calls) < 15, "the loop does not pause"

    site = Stubborn(FakeClock(tick=0), wanted())
    site.place(container("web-1"))

    with pytest.raises(StepFailedError, match="left to do: remove web-1"):
        roll_out(site, deadline=1)


NEW = {"order": "start-first"}


def test_a_changed_service_is_replaced_without_a_moment_in_which_nobody_serves() -> None:
    site = simulate(wanted(web={"strategy": NEW}), container("web-1", digest="old"))

    record = roll_out(site)

    assert ["add web=2", "remove web-1"] == site.calls
    assert {"web": 1} == site.fewest
    assert (
        "add web: its definition, its image or a config changed",
        "remove web-1: replaced: web-2 can serve",
    ) == record.actions


def test_batches_follow_each_other_until_all_are_replaced() -> None:
    goal = wanted(web={"strategy": {**NEW, "parallelism": 2}, "replicas": 3})
    site = simulate(goal, *(container(f"web-{number}", digest="old") for number in (1, 2, 3)))

    roll_out(site)

    assert ["add web=5", "remove web-1 web-2", "add web=4", "remove web-3"] == site.calls
    assert {"web": 3} == site.fewest


def test_a_delay_passes_between_two_batches_and_not_after_the_last() -> None:
    goal = wanted(web={"strategy": {**NEW, "delay": 30}, "replicas": 2, "has_check": True})
    old = (container(f"web-{number}", digest="old", health="healthy") for number in (1, 2))
    site = simulate(goal, *old, programs={"web": Program(healthy_after=1)})

    roll_out(site, health_timeout=20)

    assert 32 <= site.clock.seconds < 33


def test_every_batch_has_the_whole_time_to_become_healthy() -> None:
    goal = wanted(web={"strategy": NEW, "replicas": 3, "has_check": True})
    old = (container(f"web-{number}", digest="old", health="healthy") for number in (1, 2, 3))

    record = roll_out(simulate(goal, *old, programs={"web": Program(healthy_after=15)}), health_timeout=20)

    assert HostStatus.UPDATED is record.status


def test_services_that_start_beside_their_old_containers_are_one_command() -> None:
    goal = wanted(web={"strategy": NEW}, worker={"strategy": NEW})
    site = simulate(goal, container("web-1", digest="old"), container("worker-1", digest="old"))

    roll_out(site)

    assert ["add web=2 worker=2", "remove web-1 worker-1"] == site.calls


def test_a_recreated_service_is_replaced_once() -> None:
    site = simulate(wanted(("web",), web={"strategy": NEW}), container("web-1"))

    roll_out(site)

    assert ["add web=2", "remove web-1"] == site.calls


def test_a_new_container_that_crashes_is_removed_after_its_lines_were_read_and_the_old_one_stays() -> None:
    said = {"web-2": ["no such table"]}
    site = simulate(
        wanted(web={"strategy": NEW}),
        container("web-1", digest="old"),
        programs={"web": Program(exits_after=0.5, exit_code=3)},
        said=said,
    )

    with pytest.raises(StepFailedError) as failure:
        roll_out(site)

    assert "host local: `web` failed: it exited with code 3" == str(failure.value)
    assert ("web-2 | no such table",) == failure.value.log
    assert ["id-of-web-1"] == list(site.made)
    assert failure.value.hint.endswith("; new containers of `web` were removed, the old ones keep serving")


def test_a_service_is_not_said_to_serve_because_another_one_does() -> None:
    goal = wanted(web={}, worker={"strategy": NEW})
    old = container("web-1", digest="old"), container("worker-1", digest="old")
    site = simulate(goal, *old, programs={"web": Program(exits_after=0.5, exit_code=3)})

    with pytest.raises(StepFailedError) as failure:
        roll_out(site)

    assert failure.value.hint.endswith("; new containers of `worker` were removed, the old ones keep serving")


def test_what_the_command_of_another_service_takes_is_not_taken_from_the_time_to_become_healthy() -> None:
    class Slow(SimulatedSite):
        def add(self, totals: Mapping[str, int]) -> None:
            super().add(totals)
            self.clock.sleep(30)

    goal = wanted(web={"has_check": True}, worker={"strategy": NEW})
    site = Slow(FakeClock(tick=0), goal, {"web": Program(healthy_after=35)})
    for each in (container("web-1", digest="old"), container("worker-1", digest="old")):
        site.place(each)

    record = roll_out(site, health_timeout=20)

    assert HostStatus.UPDATED is record.status


@pytest.mark.parametrize(("takes", "apart"), [(0.06, 0.1), (0.3, 0.32)])
def test_while_something_is_waited_for_a_look_begins_every_100_ms_if_it_does_not_take_longer(
    takes: float, apart: float
) -> None:
    looks: list[float] = []

    class Slow(SimulatedSite):
        def observe(self) -> Observed:
            looks.append(self.clock.seconds)
            self.clock.sleep(takes)
            return super().observe()

    site = Slow(FakeClock(tick=0), wanted(web={"has_check": True}), {"web": Program(healthy_after=2)})

    roll_out(site)

    waiting = [after - before for before, after in pairwise(looks[2:-1])]
    assert [pytest.approx(apart)] * len(waiting) == waiting
    assert len(waiting) > 3


def test_a_rollout_that_failed_says_what_it_did_until_then() -> None:
    site = simulate(wanted(web={}), programs={"web": Program(exits_after=0.5, exit_code=3)})

    with pytest.raises(StepFailedError) as failure:
        roll_out(site)

    assert ("create web: it has no container",) == failure.value.actions


def test_what_a_failed_command_left_beside_the_old_container_is_removed() -> None:
    class Refusing(SimulatedSite):
        def add(self, totals: Mapping[str, int]) -> None:
            super().add(totals)
            raise StepFailedError("`docker compose up` of `web` failed with exit code 1", hint="see below")

    goal = wanted(web={"strategy": NEW})
    site = Refusing(FakeClock(tick=0), goal)
    site.place(container("web-1", digest="old"))

    with pytest.raises(StepFailedError, match="failed with exit code 1"):
        roll_out(site)

    assert ["id-of-web-1"] == list(site.made)


def test_an_engine_that_fails_while_something_is_taken_back_does_not_hide_the_first_failure() -> None:
    class Failing(SimulatedSite):
        def remove(self, containers: object) -> None:
            raise StepFailedError("the engine went away")

    goal = wanted(web={"strategy": NEW})
    site = Failing(FakeClock(tick=0), goal, {"web": Program(exits_after=0.5, exit_code=3)})
    site.place(container("web-1", digest="old"))

    with pytest.raises(StepFailedError, match="it exited with code 3"):
        roll_out(site)


@settings(max_examples=150, deadline=None)
@given(
    st.integers(1, 4),
    st.integers(0, 3),
    st.sampled_from([Program(), Program(healthy_after=1), Program(exits_after=1, exit_code=3)]),
    st.one_of(st.none(), st.integers(1, 8)),
)
def test_start_first_never_leaves_fewer_serving_than_there_were_whatever_fails_or_dies(
    replicas: int, parallelism: int, program: Program, killed_at: int | None
) -> None:
    goal = wanted(web={"replicas": replicas, "strategy": {**NEW, "parallelism": parallelism}})
    old = tuple(container(f"web-{number + 1}", digest="old") for number in range(replicas))
    site = simulate(goal, *old, programs={"web": program}, killed_at=killed_at)
    with contextlib.suppress(KilledError, StepFailedError):
        roll_out(site)
    site.killed_at = None
    with contextlib.suppress(StepFailedError):
        roll_out(site)

    assert replicas == min(site.fewest.values(), default=replicas)
    assert replicas == len(site.observe().of("web"))
    expected = {"old"} if program.exit_code else {"now"}
    assert expected == {c.digest for c in site.observe().containers}


REPLICAS = st.integers(0, 3)
NAMES = ("db", "cache", "web")


@st.composite
def goals(draw: st.DrawFn) -> Wanted:
    """Three services; each may need the ones before it."""
    return Wanted(
        services=tuple(
            WantedService(
                name=name,
                digest="now",
                inputs="",
                replicas=draw(REPLICAS),
                strategy=Strategy(order=draw(st.sampled_from(Order)), parallelism=draw(st.integers(0, 2))),
                has_check=name == "db",
                restart="unless-stopped",
                needs={need: draw(st.sampled_from([Condition.STARTED, Condition.HEALTHY]))}
                if (need := draw(st.sampled_from(["", *NAMES[:index]])))
                else {},
            )
            for index, name in enumerate(NAMES)
        )
    )


@st.composite
def containers(draw: st.DrawFn) -> tuple[Container, ...]:
    """Anything that an interrupted update, a person or an older release may have left."""
    found = []
    for name in draw(
        st.sets(st.sampled_from([f"{stem}-{number}" for stem in (*NAMES, "gone") for number in (1, 2, 3)]))
    ):
        state = draw(
            st.sampled_from(["running", "running", "running", "exited", "created", "paused", "dead"])
        )
        health = (
            draw(st.sampled_from([Health.HEALTHY, Health.UNHEALTHY])) if name[:2] == "db" else Health.NONE
        )
        changes = {
            "state": state,
            "health": health,
            "exit_code": 1 if state == "exited" else 0,
            "digest": draw(st.sampled_from(["now", "now", "old", ""])),
            "restarts": draw(st.sampled_from([0, 0, 4])),
            "up_for": draw(st.sampled_from([0.5, 60.0])) if state == "running" else 0.0,
        }
        found.append(container(name, **changes))
        if draw(st.booleans()):
            twin = {"name": f"0123456789ab_{name}", "replaces": "0123456789ab", "state": "created"}
            found.append(container(name, **{**changes, **twin, "id": f"twin-of-{name}"}))
    return tuple(found)


def sound(each: Container, goal: Wanted) -> bool:
    """Sound beyond doubt: of a wanted service, current, running, healthy or long up."""
    current = each.service in NAMES and each.digest == "now" and each.state == "running" and not each.replaces
    return current and (each.health is Health.HEALTHY or (each.health is Health.NONE and each.up_for == 60))


@settings(max_examples=150, deadline=None)
@given(goals(), containers(), st.one_of(st.none(), st.integers(1, 5)))
def test_from_anywhere_and_after_being_killed_a_rollout_ends_on_its_goal_and_spares_what_is_sound(
    goal: Wanted, before: tuple[Container, ...], killed_at: int | None
) -> None:
    programs = {"db": Program(healthy_after=0.5)}
    site = simulate(goal, *before, programs=programs, killed_at=killed_at)
    with contextlib.suppress(KilledError):
        roll_out(site)

    roll_out(site)

    after = site.observe()
    assert {s.name: s.replicas for s in goal.services} == {n: len(after.of(n)) for n in NAMES}
    assert {("now", "running", False)} >= {(c.digest, c.state, "_" in c.name) for c in after.containers}
    for service in goal.services:
        kept = {c.id for c in before if c.service == service.name and sound(c, goal)}
        if len(kept) <= service.replicas:
            assert kept <= {c.id for c in after.of(service.name)}
