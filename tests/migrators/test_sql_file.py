import pytest

from stagecraft.errors import ConfigError
from stagecraft.migrators.sql_file import SqlFile, pair, read, statements
from stagecraft.model.migration import Change
from stagecraft.model.sql import Dialect


def test_the_checkouts_line_endings_and_byte_order_mark_do_not_count() -> None:
    here = read("1.sql", "a;\nb;\n")
    assert {here.checksum} == {read("1.sql", text).checksum for text in ("\ufeffa;\r\nb;\r\n", "a;\rb;\r")}


def test_everything_else_counts() -> None:
    texts = ["a;", "a; ", "A;", "a;\n", "-- x\na;", ""]
    assert len(texts) == len({read("1.sql", text).checksum for text in texts})


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a;", set()),
        ("-- stagecraft: compatible\na;", {"compatible"}),
        ("--stagecraft:no-transaction\na;", {"no-transaction"}),
        ("-- stagecraft: compatible, no-transaction\n", {"compatible", "no-transaction"}),
        (
            "\ufeff-- stagecraft: compatible\r\n-- stagecraft: no-transaction\r\n",
            {"compatible", "no-transaction"},
        ),
        ("select 'stagecraft: compatible'", set()),
    ],
)
def test_directives_are_the_first_lines(text: str, expected: set[str]) -> None:
    assert expected == read("1.sql", text).directives


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        (
            "1.sql",
            "a;\n-- stagecraft: compatible",
            "1.sql:2: a directive counts in the first lines of a file only",
        ),
        (
            "1.sql",
            "\n-- stagecraft: compatible",
            "1.sql:2: a directive counts in the first lines of a file only",
        ),
        ("1.sql", "-- stagecraft: compatibel", "1.sql:1: `compatibel` is not a directive here"),
        ("1.sql", "-- stagecraft:", "1.sql:1: `` is not a directive here"),
        ("1.down.sql", "-- stagecraft: compatible", "1.down.sql:1: `compatible` is not a directive here"),
    ],
)
def test_a_directive_that_would_not_count_is_an_error(name: str, text: str, expected: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read(name, text)
    assert expected == str(caught.value)


def test_files_come_in_name_order_with_what_undoes_them() -> None:
    names = ("0010_c.sql", "0002_b.down.sql", "0002_b.sql", "0001_a.sql")
    files = pair(read(name, name) for name in names)
    expected = [("0001_a.sql", None), ("0002_b.sql", "0002_b.down.sql"), ("0010_c.sql", None)]
    assert expected == [(file.name, file.down and file.down.name) for file in files]


@pytest.mark.parametrize("name", ["0001_a.down.sql", "a b.sql", "a'.sql", "ä.sql", "-x.sql"])
def test_an_undo_alone_or_a_strange_name_is_an_error(name: str) -> None:
    with pytest.raises(ConfigError):
        pair([read(name, "a;")])


def test_a_change_carries_what_plans_and_rollbacks_ask() -> None:
    up, down = read("1.sql", "-- stagecraft: compatible\na;"), read("1.down.sql", "b;")
    expected = Change(
        name="1.sql", checksum=up.checksum, undo=down.checksum, compatible=True, reversible=True
    )
    assert expected == SqlFile(up, down).change()


def test_the_plan_marks_what_is_incompatible_or_irreversible() -> None:
    changes = [Change(name="1.sql"), Change(name="2.sql", compatible=True, reversible=True)]
    assert ["1.sql (incompatible, irreversible)", "2.sql"] == [str(change) for change in changes]


@pytest.mark.parametrize("dialect", [Dialect.POSTGRES, Dialect.SQLITE])
@pytest.mark.parametrize(
    "text",
    [
        "begin",
        "BEGIN;",
        "start  transaction;",
        "commit;",
        "end;",
        "rollback;",
        "-- x\nabort",
        "rollback work",
    ],
)
def test_a_file_in_one_transaction_cannot_end_it(text: str, dialect: Dialect) -> None:
    with pytest.raises(
        ConfigError, match=r"1\.sql:\d+: `.*` would end the transaction that the file runs in"
    ):
        statements(read("1.sql", f"select 1;\n{text}"), dialect)


@pytest.mark.parametrize(
    "text",
    ["savepoint a", "rollback to a", "rollback work to savepoint a", "beginning", "commit_log", "ended"],
)
def test_a_savepoint_is_fine(text: str) -> None:
    assert [text] == [it.text for it in statements(read("1.sql", text), Dialect.POSTGRES)]


def test_without_the_one_transaction_a_file_may_begin_its_own() -> None:
    text = "-- stagecraft: no-transaction\nbegin; a; commit;"
    assert ["begin", "a", "commit"] == [it.text for it in statements(read("1.sql", text), Dialect.SQLITE)]


def test_copying_from_standard_input_is_refused() -> None:
    with pytest.raises(ConfigError, match="has no standard input here"):
        statements(read("1.sql", "COPY t (a,\n b) FROM stdin;\n1\t2\n\\.\n"), Dialect.POSTGRES)
