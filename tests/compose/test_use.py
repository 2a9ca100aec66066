from typing import Any

import pytest

from stagecraft.compose.pin import pin
from stagecraft.compose.render import render
from stagecraft.compose.text import DIGEST, INPUTS, load
from stagecraft.compose.use import Inputs, acted, inputs_of, names_of, wanted
from stagecraft.model.observed import Condition
from stagecraft.model.source import EnvFile
from tests.compose.models import model


def text(**service: Any) -> str:
    services = {"web": {"image": "x", **service}, "db": {"image": "postgres"}}
    sections: dict[str, Any] = {
        "configs": {"c": {"content": "p = zzsc1zz"}, "named": {"environment": "KEY"}},
        "secrets": {"s": {"environment": "KEY"}, "f": {"file": "./f"}, "g": {"file": "./e"}},
    }
    return render(model(services, **sections), project="shop", services=["web", "db"], images={}).text


NEEDS = {"db": {"condition": "service_healthy", "required": True}}


def test_the_text_acted_on_has_no_depends_on_and_the_label_of_todays_values() -> None:
    final = pin(text(depends_on=NEEDS), {})
    services = load(acted(final, {"web": "salted"}))["services"]
    assert "depends_on" not in services["web"]
    assert {DIGEST, INPUTS} == set(services["web"]["labels"])
    assert "salted" == services["web"]["labels"][INPUTS]
    assert {DIGEST} == set(services["db"]["labels"])


@pytest.mark.parametrize(
    "service",
    [
        {"environment": {"A": "x-zzsc1zz"}},
        {"command": ["--key=zzsc1zz"]},
        {"configs": [{"source": "c"}]},
        {"configs": [{"source": "named"}]},
        {"secrets": [{"source": "s"}]},
    ],
)
def test_a_service_that_uses_a_secret_in_any_way_depends_on_its_value(service: dict[str, Any]) -> None:
    assert {"web": Inputs(names=frozenset({"KEY"})), "db": Inputs()} == inputs_of(text(**service))
    assert {"KEY"} == names_of(text(**service))


def test_a_literal_dollar_is_no_reference() -> None:
    assert frozenset() == names_of(text(environment={"A": "$${KEY}", "B": "$$$$${KEY}"[:6]}))


def test_files_whose_values_are_secret_are_inputs() -> None:
    written = text(
        secrets=[{"source": "f"}, {"source": "g"}],
        env_file=[{"path": "b.env", "required": True}, {"path": "a.env", "required": False, "format": "raw"}],
    )
    expected = Inputs(
        env_files=(EnvFile("b.env"), EnvFile("a.env", required=False, format="raw")),
        secret_files=("./e", "./f"),
    )
    assert expected == inputs_of(written)["web"]


def test_the_goal_says_what_the_next_action_depends_on() -> None:
    final = pin(
        text(
            depends_on=NEEDS,
            restart="unless-stopped",
            scale=2,
            healthcheck={"test": ["CMD", "true"]},
        ),
        {},
    )
    db, web = wanted(final, {"web": "salted"}, ["db"]).services
    assert ("web", "salted", 2, "unless-stopped", True, {"db": Condition.HEALTHY}, "x") == (
        *(web.name, web.inputs, web.replicas, web.restart, web.has_check, web.needs, web.image),
    )
    assert load(final)["services"]["web"]["labels"][DIGEST] == web.digest
    assert ("db", "", 1, "no", False, {}) == (
        *(db.name, db.inputs, db.replicas, db.restart, db.has_check, db.needs),
    )
    assert frozenset({"db"}) == wanted(final, {}, ["db"]).recreate


@pytest.mark.parametrize("check", [{"disable": True}, {"test": ["NONE"]}])
def test_a_disabled_check_is_none(check: dict[str, Any]) -> None:
    assert not wanted(text(healthcheck=check), {}).services[1].has_check


@pytest.mark.parametrize(
    ("policy", "restart"),
    [
        ({"condition": "none"}, "no"),
        ({"condition": "on-failure"}, "on-failure"),
        ({"condition": "any"}, "always"),
        ({}, "always"),
    ],
)
def test_a_deploy_policy_counts_as_the_restart_policy_it_is(policy: dict[str, str], restart: str) -> None:
    written = text(restart="unless-stopped", deploy={"restart_policy": policy, "replicas": 3})
    web = wanted(written, {}).services[1]
    assert (restart, 3) == (web.restart, web.replicas)
