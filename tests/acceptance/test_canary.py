"""A plan says who is on trial, with which share, for how long and what decides; a way back has no trial."""

import pytest

from stagecraft.model.step import Rollout
from tests.acceptance.shop import Shop

INGRESS = """\
ingress: {service: proxy, driver: caddy, routes: [{to: "web:80"}]}
environments:
"""
CANARY = """\
  demo:
    rollout: {canary: {weight: 10%, hold: 2m, check: {service: web, command: [smoke, a b]}}}
"""


@pytest.fixture
def tried(shop: Shop) -> Shop:
    """A shop with three containers behind a proxy, and a canary."""
    shop.change("stagecraft.yml", "environments:\n", INGRESS)
    shop.change("stagecraft.yml", "  demo:\n", CANARY)
    shop.change("compose.yml", '    ports: ["8080:80"]\n', "    scale: 3\n")
    shop.change("compose.yml", "  db:\n", "  proxy: {image: caddy}\n  db:\n")
    return shop


def notes(shop: Shop, line: str) -> list[str]:
    said = shop.cli(line)
    assert 0 == said.code, said
    return [row for row in said.out.splitlines() if row.startswith("note: canary")]


def test_the_plan_says_who_gets_which_share_and_what_decides(tried: Shop) -> None:
    tried.deploy("1.0")
    tried.change("stagecraft.yml", "localhost:8080", "localhost:8081")

    said = notes(tried, "plan --env demo --version 2.0")

    share = "the first new container of `web` gets 10% of its requests for 2m"
    assert [f"note: canary: {share}, then `smoke 'a b'` in `web` decides"] == said


def test_the_plan_says_what_the_weights_come_to_if_that_is_not_what_was_asked_for(tried: Shop) -> None:
    tried.change("stagecraft.yml", "10%", "7%")
    tried.change(
        "compose.yml", "    scale: 3\n", "    scale: 3\n    deploy: {update_config: {parallelism: 2}}\n"
    )
    tried.deploy("1.0")
    tried.change("stagecraft.yml", "localhost:8080", "localhost:8081")

    assert (
        "the first 2 new containers of `web` get 6.9% (asked for: 7%) of its requests"
        in (notes(tried, "plan --env demo --version 2.0")[0])
    )


def test_a_service_that_does_not_change_is_on_no_trial(tried: Shop) -> None:
    tried.deploy("1.0")

    assert [] == notes(tried, "plan --env demo --version 1.0")


def test_a_rollback_has_no_trial(tried: Shop) -> None:
    first = tried.deploy("1.0")
    tried.deploy("2.0")

    assert [] == notes(tried, "rollback --env demo --dry-run")
    assert 0 == tried.cli("rollback --env demo").code
    assert [True] == [step.canary is not None for step in first.plan.steps if isinstance(step, Rollout)]
    assert [None] == [step.canary for step in tried.newest().plan.steps if isinstance(step, Rollout)]


def test_a_check_in_a_service_that_is_not_there_is_refused_with_its_line(tried: Shop) -> None:
    tried.change("stagecraft.yml", "check: {service: web", "check: {service: wob")

    said = tried.cli("plan --env demo")

    assert 2 == said.code
    assert "`wob` is no service of the Compose file" in said.err
    assert "stagecraft.yml:" in said.err
