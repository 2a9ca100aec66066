"""Roles in order, hosts in waves."""

import pytest

from stagecraft.errors import ConfigError
from stagecraft.phases.waves import PlacedHost, role_order, waves

ROLES = {"web": ["proxy", "web"], "db": ["db"], "work": ["worker"]}
NEEDS = {"web": ["db"], "proxy": ["web"], "worker": ["db"]}


def names(*found: tuple[PlacedHost, ...]) -> list[list[str]]:
    return [[host.name for host in wave] for wave in found]


def test_roles_wait_for_those_whose_services_they_need() -> None:
    assert role_order(ROLES, NEEDS) == ("db", "web", "work")


def test_a_given_order_wins() -> None:
    assert role_order(ROLES, NEEDS, ["web", "work", "db"]) == ("web", "work", "db")


def test_a_service_the_role_has_itself_is_no_reason_to_wait() -> None:
    roles = {"all": ["db", "web"], "spare": ["db", "worker"]}
    assert role_order(roles, NEEDS) == ("all", "spare")


@pytest.mark.parametrize("order", [["db"], ["db", "web", "work", "web"], ["db", "web", "worker"]])
def test_an_order_names_every_role_once(order: list[str]) -> None:
    with pytest.raises(ConfigError, match="every role once"):
        role_order(ROLES, NEEDS, order)


def test_roles_that_wait_for_each_other_are_named_and_an_order_is_asked_for() -> None:
    with pytest.raises(ConfigError, match="a -> b -> c -> a") as caught:
        role_order(
            {"a": ["1"], "b": ["2"], "c": ["3"], "d": ["4"]},
            {"1": ["2"], "2": ["3", "4"], "3": ["1"], "4": []},
        )
    assert "order" in caught.value.hint


HOSTS = (*(PlacedHost(f"web-{n}", ("web",)) for n in range(1, 6)), PlacedHost("db-1", ("db",)))


@pytest.mark.parametrize(
    ("parallel", "sizes"),
    [("all", [1, 5]), ("2", [1, 2, 2, 1]), ("40%", [1, 2, 2, 1]), ("1%", [1, 1, 1, 1, 1, 1]), ("9", [1, 5])],
)
def test_as_many_hosts_of_a_role_at_once_as_allowed(parallel: str, sizes: list[int]) -> None:
    assert [len(wave) for wave in waves(HOSTS, ("db", "web"), parallel)] == sizes


def test_a_host_of_several_roles_goes_with_the_first() -> None:
    both = PlacedHost("both", ("web", "db"))
    found = waves((HOSTS[0], both, HOSTS[-1]), ("db", "web"), "all")
    assert names(*found) == [["both", "db-1"], ["web-1"]]


def test_without_roles_every_host_goes_together() -> None:
    assert names(*waves((PlacedHost("a"), PlacedHost("b")), (), "all")) == [["a", "b"]]
