import pytest

from stagecraft.config.project import Project
from stagecraft.config.selection import check_roles, select
from stagecraft.errors import ConfigError


def project(**keys: object) -> Project:
    return Project.model_validate({"version": 1, "project": "shop", "environments": {"prod": {}}, **keys})


def refused(project: Project, name: str | None) -> tuple[str, str]:
    with pytest.raises(ConfigError) as caught:
        select(project, name)
    return str(caught.value), caught.value.hint


class TestSelect:
    def test_takes_the_only_environment_when_none_is_named(self) -> None:
        assert "prod" == select(project(), None).name

    def test_never_takes_a_protected_one_by_itself(self) -> None:
        only = project(environments={"prod": {"protected": True}})
        expected = ("environment `prod` is protected and has to be named", "add `--env prod`")
        assert expected == refused(only, None)
        assert "prod" == select(only, "prod").name

    def test_asks_when_there_are_several(self) -> None:
        expected = ("which environment? There is more than one", "name it with `--env`: `demo`, `prod`")
        assert expected == refused(project(environments={"prod": {}, "demo": {}}), None)

    def test_suggests_the_nearest_name(self) -> None:
        both = project(environments={"prod": {}, "demo": {}})
        assert ("there is no environment `porod`", "did you mean `prod`?") == refused(both, "porod")
        assert ("there is no environment `x`", "there is `demo`, `prod`") == refused(both, "x")

    def test_names_the_compose_project(self) -> None:
        both = project(environments={"prod": {"compose_project": "old"}, "demo": {}})
        assert ("old", "shop-demo") == tuple(select(both, name).compose_project for name in ("prod", "demo"))

    def test_takes_the_longest_names_there_can_be(self) -> None:
        longest = project(project="p" * 63, environments={"e" * 63: {}})
        assert 127 == len(select(longest, None).compose_project)

    def test_keeps_every_other_key(self) -> None:
        keys = {
            "variables": {"A": "1"},
            "health_timeout": "1m",
            "timeouts": {"build": "1h"},
            "profiles": ["x"],
        }
        found = select(project(environments={"prod": keys}), "prod")
        assert ({"A": "1"}, 60.0, 3600.0, ("x",)) == (
            found.variables, found.health_timeout, found.timeouts.build, found.profiles
        )  # fmt: skip


class TestRoles:
    ROLES = {"web": {"services": ["proxy", "web"]}, "work": {"services": ["db"]}}

    def refused(self, *services: str) -> tuple[str, str]:
        with pytest.raises(ConfigError) as caught:
            check_roles(project(roles=self.ROLES), services, "stagecraft.yml:7")
        return str(caught.value), caught.value.hint

    def test_that_hold_every_service_are_fine(self) -> None:
        check_roles(project(roles=self.ROLES), ["db", "proxy", "web"])

    def test_left_out_hold_every_service(self) -> None:
        check_roles(project(), ["anything"])

    def test_may_share_a_service(self) -> None:
        check_roles(project(roles={"a": {"services": ["x"]}, "b": {"services": ["x"]}}), ["x"])

    def test_name_the_service_that_is_in_none(self) -> None:
        expected = "stagecraft.yml:7: `mail`, `worker` are in no role"
        assert (expected, "add every service to a role under `roles`") == self.refused(
            "db", "proxy", "web", "worker", "mail"
        )

    def test_name_the_service_that_does_not_exist(self) -> None:
        expected = "stagecraft.yml:7: role `web` names `proxy`, which is not a service; `proxi` is in no role"
        assert (expected, "did you mean `proxi`?") == self.refused("db", "proxi", "web")
