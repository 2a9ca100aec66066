"""A new version on trial behind a simulated proxy: who gets which share, when, and what decides."""

from typing import Any

import pytest

from stagecraft.errors import StepFailedError
from stagecraft.model.canary import Canary, CanaryCheck
from tests.engine.proxied_site import ProxiedSite
from tests.engine.simulated_site import KilledError, Program
from tests.engine.test_ingress import led_to, proxied, roll_out

CANARY = Canary(weight=10, hold=20, check=CanaryCheck(service="web", command=("smoke",)))


def on_trial(program: Program | None = None, *, exit_code: int = 0, **given: Any) -> ProxiedSite:
    site = proxied(program or Program(healthy_after=1), canary=CANARY, **given)
    site.exit_codes = {"smoke": exit_code}
    return site


def test_it_gets_its_share_for_as_long_as_hold_says_and_then_the_check_decides() -> None:
    site = on_trial()

    record = roll_out(site)

    assert [
        "switch web to web-1",
        "add web=2",
        "switch web to web-1=9 web-2=1",
        "check smoke in web-2",
        "switch web to web-2",
        "remove web-1",
    ] == site.calls
    assert 21 == pytest.approx(site.clock.seconds, abs=0.3)
    assert ([], []) == (site.cut, site.misled)
    assert "check web: whether web-2 may have all requests" in record.actions


def test_what_is_found_bad_gets_no_request_any_more_and_goes() -> None:
    site = on_trial(exit_code=3)
    site.said = {"web-2": ["started"]}

    with pytest.raises(StepFailedError, match="`web` failed: its check ended with exit code 3") as failure:
        roll_out(site)

    assert ["check smoke in web-2", "switch web to web-1", "remove web-2"] == site.calls[-3:]
    assert ({"web-1"}, [], []) == (led_to(site), site.cut, site.misled)
    assert ("check | said smoke", "web-2 | started") == failure.value.log
    assert failure.value.hint.endswith("new containers of `web` were removed, the old ones keep serving")


def test_one_that_becomes_unhealthy_meanwhile_is_not_held_to_the_end() -> None:
    site = on_trial(Program(healthy_after=1, unhealthy_after=8))

    with pytest.raises(StepFailedError, match="it is unhealthy"):
        roll_out(site)

    assert ({"web-1"}, []) == (led_to(site), [call for call in site.calls if call.startswith("check")])
    assert site.clock.seconds < 12


def test_only_the_first_batch_is_on_trial_and_a_delay_follows_it() -> None:
    site = on_trial(replicas=3, strategy={"order": "start-first", "delay": 10})

    roll_out(site)

    assert 1 == len([call for call in site.calls if call.startswith("check")])
    assert "switch web to web-1=3 web-2=3 web-3=3 web-4=1" in site.calls
    assert {"web-4", "web-5", "web-6"} == led_to(site)
    assert 20 + 2 * 10 + 3 * 1 == pytest.approx(site.clock.seconds, abs=1.5)


def test_an_interrupted_trial_is_held_again() -> None:
    site = on_trial(killed_at=3)
    with pytest.raises(KilledError):
        roll_out(site)
    site.killed_at, site.calls, began = None, [], site.clock.seconds

    roll_out(site)

    assert ["check smoke in web-2", "switch web to web-2", "remove web-1"] == site.calls
    assert 20 == pytest.approx(site.clock.seconds - began, abs=0.3)


def test_without_an_old_version_there_is_nothing_to_try_against() -> None:
    site = on_trial(old=False)

    roll_out(site)

    assert ["switch web to web-1"] == site.calls
