"""The label that tells whether a secret or an env file changed."""

import time

from stagecraft.runtime.inputs import label

TODAY = {"PASSWORD": b"hunter2", "shop.env": b"A=1\n"}


def salt(_size: int) -> str:
    return "0a" * 16


def test_a_service_that_is_given_nothing_has_no_label() -> None:
    assert "" == label({}, [label(TODAY, [], "web")], "web")


def test_unchanged_values_keep_the_label_that_was_observed() -> None:
    yesterday = label(TODAY, [], "web")

    assert yesterday == label(dict(reversed(TODAY.items())), ["", "junk", yesterday], "web")


def test_a_changed_value_gets_another_label() -> None:
    yesterday = label(TODAY, [], "web", salt)

    assert yesterday != label({**TODAY, "PASSWORD": b"hunter3"}, [yesterday], "web", salt)


def test_a_value_that_moved_to_another_name_gets_another_label() -> None:
    yesterday = label({"A": b"x", "B": b""}, [], "web", salt)

    assert yesterday != label({"A": b"", "B": b"x"}, [yesterday], "web", salt)


def test_two_services_with_the_same_values_do_not_show_it() -> None:
    assert label(TODAY, [], "web", salt) != label(TODAY, [], "worker", salt)


def test_a_new_label_is_salted_anew() -> None:
    assert label(TODAY, [], "web") != label(TODAY, [], "web")


def test_no_value_shows_in_the_label() -> None:
    assert 32 + 1 + 64 == len(label(TODAY, [], "web"))


def test_a_label_costs_less_than_20_ms() -> None:
    fastest = min(_seconds() for _ in range(5))

    assert fastest < 0.02


def _seconds() -> float:
    start = time.process_time()
    label(TODAY, [], "web", salt)
    return time.process_time() - start
