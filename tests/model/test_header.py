"""The short form of a release: written and read without pydantic, the same as with it."""

from datetime import timedelta

import pytest

from stagecraft.model.header import Header
from tests.fakes import START, a_release


def test_what_is_written_is_read_again() -> None:
    ended = a_release().model_copy(update={"finished_at": START + timedelta(microseconds=1500)})
    assert ended.header() == Header.of(ended.header().document())


def test_times_are_written_as_in_the_rest_of_the_record() -> None:
    ended = a_release().model_copy(update={"finished_at": START + timedelta(microseconds=1500)})
    whole = ended.model_dump(mode="json")
    short = ended.header().document()
    assert [whole[name] for name in ("created_at", "finished_at")] == [
        short[name] for name in ("created_at", "finished_at")
    ]


@pytest.mark.parametrize(
    "wrong",
    [{"status": "asleep"}, {"created_at": "yesterday"}, {"created_at": 7}, {"colour": "red"}],
    ids=["status", "time", "no time", "field"],
)
def test_a_header_with_other_fields_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises((ValueError, TypeError, KeyError)):
        Header.of(a_release().header().document() | wrong)
