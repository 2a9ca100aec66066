"""Rollouts behind a simulated proxy: who is led to when, and that nobody goes with requests in flight."""

import contextlib
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stagecraft.compose.next_actions import next_actions
from stagecraft.engine.rollout import RolloutLoop
from stagecraft.errors import StepFailedError
from stagecraft.model.ingress import Duty
from stagecraft.model.observed import Container, Wanted, WantedService
from stagecraft.model.release import HostRecord
from tests.engine.proxied_site import PORT, ProxiedSite
from tests.engine.simulated_site import KilledError, Program
from tests.fakes import FakeClock, RecordingObserver

START_FIRST = {"order": "start-first"}


def proxied(program: Program, *, drain: float = 10, old: bool = True, **given: Any) -> ProxiedSite:
    """A proxy, and `web` behind it, of which `replicas` run; of another definition unless `old` is false."""
    options = {name: given.pop(name) for name in ("takes", "killed_at", "forgets") if name in given}
    proxy, old_proxy = given.pop("proxy", {}), given.pop("old_proxy", False)
    web = {"routed": {"ports": [PORT], "drain": drain}, "strategy": START_FIRST, **given}
    goal = Wanted(
        services=(
            WantedService(**{"name": "proxy", "digest": "now", "inputs": "", "has_check": True, **proxy}),
            WantedService(**{"name": "web", "digest": "now", "inputs": "", "has_check": True, **web}),
        ),
        ingress="proxy",
    )
    programs = {"proxy": Program(healthy_after=0.5), "web": program}
    site = ProxiedSite(FakeClock(tick=0), goal, programs, **options)
    site.place(container("proxy-1", digest="old" if old_proxy else "now"))
    for number in range(goal.services[1].replicas):
        site.place(container(f"web-{number + 1}", digest="old" if old else "now"))
    return site


def container(name: str, **given: Any) -> Container:
    service, _, number = name.partition("-")
    defaults = {"id": f"id-of-{name}", "name": name, "service": service, "number": int(number)}
    running = {"state": "running", "health": "healthy", "up_for": 60.0, "digest": "now"}
    return Container(**{**defaults, **running, **given})


def roll_out(site: ProxiedSite) -> HostRecord:
    observer = RecordingObserver()
    loop = RolloutLoop("local", site, next_actions, site.clock, observer, lambda line: line)
    return loop.run(site.wanted, health_timeout=20, deadline=600)


def led_to(site: ProxiedSite) -> set[str]:
    seen = site.observe()
    names = {address: c.name for c in seen.containers for address in c.addresses.values()}
    upstreams = [upstream for proxy in seen.proxies for upstream in proxy.upstreams]
    return {names[upstream.address] for upstream in upstreams if upstream.duty is Duty.SERVES}


def test_requests_are_led_away_before_the_old_container_goes() -> None:
    site = proxied(Program(healthy_after=1))

    record = roll_out(site)

    assert ["switch web to web-1", "add web=2", "switch web to web-2", "remove web-1"] == site.calls
    assert ([], []) == (site.cut, site.misled)
    assert "switch web to web-2: requests went to web-1" in record.actions


def test_nothing_is_waited_for_that_need_not_be() -> None:
    site = proxied(Program(healthy_after=1), takes=0)

    roll_out(site)

    assert 1 == pytest.approx(site.clock.seconds, abs=0.11)


def test_a_request_of_five_seconds_is_waited_for() -> None:
    site = proxied(Program(healthy_after=1), takes=5)

    roll_out(site)

    assert [] == site.cut
    assert 6 == pytest.approx(site.clock.seconds, abs=0.21)


def test_a_request_that_takes_longer_than_drain_is_cut_off() -> None:
    site = proxied(Program(healthy_after=1), takes=50, drain=3)

    roll_out(site)

    assert ["web-1"] == site.cut
    assert 4 == pytest.approx(site.clock.seconds, abs=0.21)


def test_nothing_is_switched_if_nothing_differs() -> None:
    site = proxied(Program(), old=False)
    roll_out(site)
    site.calls.clear()

    record = roll_out(site)

    assert ([], ()) == (site.calls, record.actions)


def test_a_container_that_becomes_unhealthy_after_the_switch_gives_its_requests_back() -> None:
    site = proxied(Program(healthy_after=1, unhealthy_after=3), takes=5)

    with pytest.raises(StepFailedError, match="`web` failed: it is unhealthy") as failure:
        roll_out(site)

    assert ["switch web to web-2", "switch web to web-1", "remove web-2"] == site.calls[2:]
    assert ({"web-1"}, []) == (led_to(site), site.cut)
    assert "the old ones keep serving" in failure.value.hint


def test_a_container_that_is_led_to_again_has_all_its_time_when_it_leaves_again() -> None:
    site = proxied(Program(healthy_after=1, unhealthy_after=3), takes=5, drain=8)
    with pytest.raises(StepFailedError):
        roll_out(site)
    site.programs = {**site.programs, "web": Program(healthy_after=1)}

    roll_out(site)

    assert ([], []) == (site.cut, site.misled)


def test_a_proxy_whose_ports_allow_it_is_replaced_without_a_gap_and_the_new_one_is_told_first() -> None:
    site = proxied(Program(healthy_after=1), proxy={"strategy": START_FIRST}, old_proxy=True)

    roll_out(site)

    proxy = [call for call in site.calls if "proxy" in call]
    assert ["add proxy=2", "remove proxy-1"] == proxy
    assert ([], [], {"web-2"}) == (site.cut, site.misled, led_to(site))


def test_a_proxy_that_does_not_keep_to_what_it_was_told_ends_the_rollout() -> None:
    site = proxied(Program(healthy_after=1), forgets=True)

    with pytest.raises(StepFailedError, match="the ingress does not keep to what it was told"):
        roll_out(site)


@settings(max_examples=100, deadline=None)
@given(
    replicas=st.integers(1, 3),
    parallelism=st.integers(0, 2),
    takes=st.sampled_from([0, 0.3, 4]),
    program=st.sampled_from(
        [
            Program(healthy_after=1),
            Program(exits_after=1, exit_code=3),
            Program(healthy_after=1, unhealthy_after=2),
        ]
    ),
    killed_at=st.one_of(st.none(), st.integers(1, 10)),
)
def test_no_request_is_lost_whatever_fails_or_dies(
    replicas: int, parallelism: int, takes: float, program: Program, killed_at: int | None
) -> None:
    strategy = {**START_FIRST, "parallelism": parallelism}
    site = proxied(program, replicas=replicas, strategy=strategy, takes=takes, killed_at=killed_at)
    with contextlib.suppress(KilledError, StepFailedError):
        roll_out(site)
    site.killed_at = None
    with contextlib.suppress(StepFailedError):
        roll_out(site)

    assert ([], []) == (site.cut, site.misled)
    there = {c.name for c in site.observe().of("web")}
    assert replicas == len(there) or program.unhealthy_after
    assert led_to(site) <= there
    if program == Program(healthy_after=1):
        assert led_to(site) == there
