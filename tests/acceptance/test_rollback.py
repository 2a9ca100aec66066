"""Going back: what was released then, whatever the files say now."""

import pytest

from stagecraft.model.phase import Because, Phase
from stagecraft.runtime.ports import PublishedPort
from tests.acceptance.shop import Shop, fails


def back(shop: Shop, options: str = "") -> str | None:
    """Roll back; return what it went back to."""
    said = shop.cli(f"rollback --env demo {options}")
    assert 0 == said.code, said
    return shop.newest().rollback_of


def test_a_rollback_goes_to_the_release_before_and_only_rolls_out(shop: Shop) -> None:
    before = shop.deploy("1.0")
    shop.deploy("2.0")

    assert "demo-1" == back(shop)
    release = shop.newest()
    assert ["rollout"] == shop.world.runner.kinds
    assert (before.text_of("local"), before.images) == (release.text_of("local"), release.images)
    assert ("`demo-1` has its images", Because.PLAN) == (
        release.phase(Phase.BUILD).reason,
        release.phase(Phase.BUILD).because,
    )


def test_a_second_rollback_goes_one_further_back(shop: Shop) -> None:
    for version in ("1.0", "2.0", "3.0"):
        shop.deploy(version)

    assert ["demo-2", "demo-1"] == [back(shop), back(shop)]


def test_behind_a_rollback_lies_the_deploy_it_went_back_to(shop: Shop) -> None:
    for version in ("1.0", "2.0", "3.0"):
        shop.deploy(version)
    back(shop)
    shop.deploy("4.0")

    assert "demo-2" == back(shop)


def test_after_a_failed_rollout_a_rollback_restores_what_is_current(shop: Shop) -> None:
    shop.deploy("1.0")
    shop.deploy("2.0")
    shop.failing("3.0", "rollout")

    assert "demo-2" == back(shop)


def test_a_release_that_failed_before_its_rollout_does_not_count(shop: Shop) -> None:
    shop.deploy("1.0")
    shop.deploy("2.0")
    shop.failing("3.0", "push")

    assert "demo-1" == back(shop)


def test_a_target_is_named_by_id_or_by_version(shop: Shop) -> None:
    for version in ("1.0", "2.0", "3.0"):
        shop.deploy(version)

    assert ["demo-1", "demo-2"] == [back(shop, "--to demo-1"), back(shop, "--to-version 2.0")]


def test_going_back_to_a_rollback_goes_to_the_deploy_it_went_back_to(shop: Shop) -> None:
    shop.deploy("1.0")
    shop.deploy("2.0")
    back(shop)

    assert "demo-1" == back(shop, "--to demo-3")


def test_a_rollback_brings_back_texts_configs_and_variables_of_then(shop: Shop) -> None:
    then = shop.deploy("1.0")
    shop.deploy("2.0")
    shop.change("stagecraft.yml", "localhost:8080", "changed.example.com")
    shop.change("compose.yml", "postgres:15", "postgres:16")
    shop.write("greeting.txt", "changed\n")
    shop.deploy("3.0")

    assert "demo-1" == back(shop, "--to demo-1")
    text = shop.newest().text_of("local")
    assert then.text_of("local") == text
    assert ("http://localhost:8080", True, True, False) == (
        shop.newest().plan.variables["PUBLIC_URL"],
        "postgres:15" in text,
        "hello" in text,
        "changed" in text,
    )


def test_a_rollback_needs_no_compose_file(shop: Shop) -> None:
    shop.deploy("1.0")
    shop.deploy("2.0")
    (shop.folder / "compose.yml").unlink()

    assert "demo-1" == back(shop)


def test_a_rollback_uses_the_secrets_of_today_and_says_so(shop: Shop) -> None:
    shop.deploy("1.0")
    shop.deploy("2.0")
    shop.environ["DATABASE_PASSWORD"] = "rotated-since-then"

    dry = shop.cli("rollback --env demo --dry-run")
    assert "note: secret values are those of today: DATABASE_PASSWORD\n" in dry.out
    back(shop)
    assert {"DATABASE_PASSWORD": "rotated-since-then"} == shop.world.hands[-1].secrets


@pytest.mark.parametrize("deploys", [0, 1])
def test_nothing_to_go_back_to_is_refused(shop: Shop, deploys: int) -> None:
    if deploys:
        shop.deploy("1.0")
    said = shop.cli("rollback --env demo")

    assert 6 == said.code
    assert deploys == len(shop.json("releases list --env demo"))


def test_an_unknown_target_is_a_mistake_that_names_the_nearest(shop: Shop) -> None:
    shop.deploy("1.0")
    said = shop.cli("rollback --env demo --to demo-7")

    assert (2, "error: there is no release `demo-7`") == (said.code, said.err.splitlines()[0])
    assert "`demo-1`" in said.err


@pytest.mark.parametrize("options", ["--to demo-2", "--to-version 2.0"])
def test_a_release_that_failed_is_refused_as_a_target(shop: Shop, options: str) -> None:
    shop.deploy("1.0")
    shop.failing("2.0", "rollout")
    said = shop.cli(f"rollback --env demo {options}")

    assert (6, True) == (said.code, "available: `demo-1` (1.0)" in said.err)


def test_a_missing_secret_is_refused_by_name(shop: Shop) -> None:
    shop.deploy("1.0")
    shop.deploy("2.0")
    shop.change("stagecraft.yml", "{env: DATABASE_PASSWORD}", "{env: NOT_SET}")
    said = shop.cli("rollback --env demo")

    assert 6 == said.code
    assert "`DATABASE_PASSWORD` (variable `NOT_SET` is not set)" in said.err
    assert 2 == len(shop.json("releases list --env demo"))


def test_a_missing_image_is_refused_by_name_with_what_is_available(shop: Shop) -> None:
    pin = shop.deploy("1.0").images["web"].pin
    shop.deploy("2.0")
    shop.world.missing.add(pin)
    said = shop.cli("rollback --env demo")

    assert 6 == said.code
    assert f"image `{pin}` is neither here nor in its registry" in said.err
    assert "hint: available: `demo-2` (2.0), `demo-1` (1.0)\n" in said.err
    assert 2 == len(shop.json("releases list --env demo"))


def test_an_engine_that_is_gone_is_unavailable_and_no_refusal(shop: Shop) -> None:
    shop.deploy("1.0")
    shop.deploy("2.0")
    shop.world.engine_is_down = True

    assert 3 == shop.cli("rollback --env demo").code


def test_a_deploy_in_the_meantime_moves_the_target(shop: Shop) -> None:
    shop.deploy("1.0")
    shop.deploy("2.0")
    shop.world.meanwhile = lambda: Shop(shop.folder).deploy("3.0")

    assert "demo-2" == back(shop)


def test_a_rollback_that_fails_is_recorded_and_changes_nothing_that_is_current(shop: Shop) -> None:
    shop.deploy("1.0")
    shop.deploy("2.0")
    shop.world.behaviour = fails("rollout")
    said = shop.cli("rollback --env demo")

    assert (5, "failed") == (said.code, shop.newest().status.value)
    assert ["demo-2"] == [one["id"] for one in shop.json("releases list --env demo") if one["current"]]


def test_a_rollback_is_not_stopped_by_a_port_of_somebody_else(shop: Shop) -> None:
    """It may be the only way out; Compose itself says what is taken."""
    shop.deploy("1.0")
    shop.deploy("2.0")
    shop.world.ports = [PublishedPort("", 8080, "tcp", "other", "web")]

    assert "demo-1" == back(shop)
