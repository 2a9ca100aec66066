"""Crossing migrations: a case is a history, newest first, one word a change.

`c` compatible, `r` reversible, `?` nobody knows whether it ran, `-` undone: `schema:cr 1.sql` and so on.
"""

import pytest

from stagecraft.errors import ConfigError, RefusedError
from stagecraft.migrators.rollback import Ran, cross, incompatible, standing
from stagecraft.model.migration import Change, Direction, MigrationRecord, MigrationStatus, When


def ran(release: str, name: str, *words: str) -> Ran:
    """A record: `("demo-2", "reports", "1.sql:cr", "2.sql:?")`; a word `:-` is an undo."""
    changes: dict[bool, list[Change]] = {True: [], False: []}
    for word in words:
        change, _, flags = word.partition(":")
        changes["?" in flags].append(Change(name=change, compatible="c" in flags, reversible="r" in flags))
    record = MigrationRecord(
        name=name,
        engine="sql",
        when=When.PRE,
        direction=Direction.DOWN if any(word.endswith("-") for word in words) else Direction.UP,
        status=MigrationStatus.APPLIED,
        changes=tuple(changes[False]),
        unsure=tuple(changes[True]),
    )
    return Ran(release, record)


def undone(*history: Ran, accepted: tuple[str, ...] = ()) -> list[str]:
    crossing = cross(standing(history), with_migrations=True, accepted=accepted)
    return [f"{it.ran.release} {change.name}" for it in crossing.undo for change in reversed(it.changes)]


def refused(*history: Ran, with_migrations: bool = False, accepted: tuple[str, ...] = ()) -> list[str]:
    with pytest.raises(RefusedError) as caught:
        cross(standing(history), with_migrations=with_migrations, accepted=accepted)
    return [line.strip() for line in caught.value.message.splitlines()[1:]]


def test_nothing_ran() -> None:
    assert () == cross(()).undo


def test_compatible_migrations_pass() -> None:
    crossing = cross([ran("demo-3", "reports", "1.sql:c", "2.sql:cr")])
    expected = ("`2.sql` of `reports` stays: compatible", "`1.sql` of `reports` stays: compatible")
    assert ((), expected) == (crossing.undo, crossing.stays)


def test_everything_that_is_in_the_way_is_listed_at_once() -> None:
    expected = [
        "`2.sql` of `reports` (demo-3) is not compatible; it can be undone",
        "`schema` (demo-2) is neither compatible nor reversible",
    ]
    assert expected == refused(
        ran("demo-3", "reports", "1.sql:c", "2.sql:r"), ran("demo-2", "schema", "schema:")
    )


def test_the_refusal_names_both_ways_on() -> None:
    with pytest.raises(RefusedError) as caught:
        cross([ran("demo-3", "schema", "schema:r")])
    ways = (
        "undo what can be undone with `--with-migrations`",
        "keep the schema with `--accept-schema NAME` (`schema`)",
    )
    assert "; or ".join(ways) == caught.value.hint


def test_reversible_ones_are_undone_newest_first_when_asked() -> None:
    history = (ran("demo-4", "reports", "3.sql:r"), ran("demo-3", "reports", "1.sql:r", "2.sql:r"))
    assert ["demo-4 3.sql", "demo-3 2.sql", "demo-3 1.sql"] == undone(*history)


def test_a_compatible_one_is_undone_too_when_asked() -> None:
    assert ["demo-3 1.sql"] == undone(ran("demo-3", "reports", "1.sql:cr"))


def test_a_compatible_one_that_cannot_be_undone_stays() -> None:
    assert ["demo-2 schema"] == undone(
        ran("demo-3", "reports", "1.sql:c"), ran("demo-2", "schema", "schema:r")
    )


def test_nothing_is_undone_below_what_stays() -> None:
    history = ran("demo-3", "reports", "1.sql:r", "2.sql:c")
    expected = ["`1.sql` of `reports` (demo-3) cannot be undone below `2.sql` of `reports`, which stays"]
    assert expected == refused(history, with_migrations=True)


def test_an_accepted_one_stays() -> None:
    assert [] == undone(ran("demo-3", "reports", "1.sql:", "2.sql:r"), accepted=("reports",))


def test_a_single_file_can_be_accepted() -> None:
    history = ran("demo-3", "reports", "1.sql:", "2.sql:r")
    assert ["`2.sql` of `reports` (demo-3) is not compatible; it can be undone"] == refused(
        history, accepted=("1.sql",)
    )


def test_accepting_what_did_not_run_is_an_error() -> None:
    with pytest.raises(ConfigError, match="`--accept-schema shema` names no migration"):
        cross([ran("demo-3", "schema", "schema:")], accepted=("shema",))


def test_what_may_have_run_is_refused_even_if_it_is_compatible_and_reversible() -> None:
    expected = ["`schema` (demo-3) was started, and nobody knows whether it ran"]
    assert expected == refused(ran("demo-3", "schema", "schema:cr?"), with_migrations=True)


def test_a_later_run_that_ended_well_knows() -> None:
    history = (ran("demo-4", "schema", "schema:c"), ran("demo-3", "schema", "schema:?"))
    assert ("`schema` stays: compatible",) == cross(standing(history)).stays


def test_what_was_undone_later_is_not_in_the_way() -> None:
    history = (ran("demo-4", "reports", "2.sql:-"), ran("demo-3", "reports", "1.sql:c", "2.sql:"))
    assert ("`1.sql` of `reports` stays: compatible",) == cross(standing(history)).stays


def test_what_was_undone_and_applied_again_is_in_the_way_again() -> None:
    history = (
        ran("demo-5", "reports", "1.sql:"),
        ran("demo-4", "reports", "1.sql:-"),
        ran("demo-3", "reports", "1.sql:"),
    )
    assert ["`1.sql` of `reports` (demo-5) is neither compatible nor reversible"] == refused(*history)


def test_an_undo_takes_the_newest_run_of_a_command_back_and_no_older_one() -> None:
    history = (
        ran("demo-5", "schema", "schema:-"),
        ran("demo-4", "schema", "schema:r"),
        ran("demo-3", "schema", "schema:r"),
    )
    assert ["demo-3 schema"] == undone(*history)


def test_two_undos_take_two_runs_back() -> None:
    undos = (ran("demo-6", "schema", "schema:-"), ran("demo-6", "schema", "schema:-"))
    runs = (ran("demo-5", "schema", "schema:r"), ran("demo-4", "schema", "schema:r"))
    assert [] == undone(*undos, *runs)


def test_an_automatic_revert_stops_at_what_is_incompatible_or_unknown() -> None:
    records = [
        ran("", "schema", "schema:c").record,
        ran("", "reports", "1.sql:c", "2.sql:r", "3.sql:c?").record,
    ]
    assert ("`2.sql` of `reports`", "`3.sql` of `reports`") == incompatible(records)
