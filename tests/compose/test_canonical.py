import pytest

from stagecraft.compose.canonical import rebased
from stagecraft.compose.versions import check_executed
from stagecraft.errors import ConfigError
from tests.compose.models import model


def test_a_secret_becomes_a_reference_and_a_literal_dollar_stays_doubled() -> None:
    services = model({"web": {"image": "x", "environment": {"A": "$${KEY}:zzsc1zz"}}}).services
    assert "$${KEY}:${KEY}" == services["web"]["environment"]["A"]


def test_a_secret_cannot_be_a_name() -> None:
    with pytest.raises(ConfigError, match="secret `KEY` is used as the name of something"):
        model({"web": {"image": "x", "environment": {"zzsc1zz": "1"}}})


def test_a_dollar_in_a_name_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"the key `a\$b` contains a `\$`"):
        model({"web": {"image": "x", "labels": {"a$$b": "1"}}})


def test_our_own_labels_cannot_be_written_by_hand() -> None:
    with pytest.raises(ConfigError, match=r"label `stagecraft\.digest` is one of Stagecraft's own"):
        model({"web": {"image": "x", "labels": {"stagecraft.digest": "1"}}})


@pytest.mark.parametrize("mode", [288, "0440"])
def test_both_ways_to_print_a_mode_are_one(mode: object) -> None:
    service = model({"web": {"image": "x", "secrets": [{"source": "s", "mode": mode}]}}).services["web"]
    assert [{"source": "s", "mode": 0o440}] == service["secrets"]


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("./data", "./deploy/data"),
        ("data", "./deploy/data"),
        ("..", "."),
        ("../x", "./x"),
        ("../../x", "../x"),
        ("/abs", "/abs"),
        ("~/x", "~/x"),
    ],
)
def test_a_path_is_written_from_the_folder_of_stagecraft_yml(path: str, expected: str) -> None:
    assert expected == rebased(path, "deploy")


@pytest.mark.parametrize("key", ["post_start", "pre_stop"])
def test_what_this_compose_would_not_execute_is_refused(key: str) -> None:
    with pytest.raises(ConfigError) as caught:
        model({"web": {"image": "x", key: [{"command": ["x"]}]}})
    assert f"Compose 2.26.1 reads `{key}` and does not execute it" == caught.value.message


def test_what_a_newer_compose_executes_is_accepted() -> None:
    check_executed({"web": {"post_start": []}}, "2.40.3-3")
    check_executed({"web": {"post_start": []}}, "5.0.1")


def test_keys_come_in_one_order() -> None:
    one = model({"b": {"image": "x", "hostname": "h"}, "a": {"image": "y"}})
    other = model({"a": {"image": "y"}, "b": {"hostname": "h", "image": "x"}})
    assert repr(one) == repr(other)
