"""Cutting files: each case is a text, and the statements it has."""

import pytest

from stagecraft.errors import ConfigError
from stagecraft.migrators.statements import split
from stagecraft.model.sql import Dialect

ALL = tuple(Dialect)


def cut(text: str, dialect: Dialect) -> list[str]:
    return [statement.text for statement in split(text, dialect, "a.sql")]


@pytest.mark.parametrize("dialect", ALL)
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        (" ;; \n;", []),
        ("-- nothing; here\n", []),
        ("/* nothing; here */", []),
        ("a; b;c", ["a", "b", "c"]),
        ("insert into t values ('a;b')", ["insert into t values ('a;b')"]),
        ("select 'it''s; fine'; b", ["select 'it''s; fine'", "b"]),
        ('select "a;""b"; c', ['select "a;""b"', "c"]),
        ("a -- to the end; of the line\n + b; c", ["a -- to the end; of the line\n + b", "c"]),
        ("a /* x; ' */ ; b", ["a /* x; ' */", "b"]),
        ("select '%s', '?', ':x', '${X}'; b", ["select '%s', '?', ':x', '${X}'", "b"]),
        ("sélect 'ü;'; ñ", ["sélect 'ü;'", "ñ"]),
    ],
)
def test_what_every_database_understands(text: str, expected: list[str], dialect: Dialect) -> None:
    assert expected == cut(text, dialect)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (r"select 'back\'; b", [r"select 'back\'", "b"]),
        (r"select E'it\'s; fine'; b", [r"select E'it\'s; fine'", "b"]),
        ("select $$a; 'b$$; c", ["select $$a; 'b$$", "c"]),
        ("select $x$ ; $$ ; $x$; c", ["select $x$ ; $$ ; $x$", "c"]),
        ("select a$b$c; d$b$", ["select a$b$c", "d$b$"]),
        ("a /* 1 /* 2; */ ; */ b; c", ["a /* 1 /* 2; */ ; */ b", "c"]),
        ("create rule r as on insert to t do (a; b); c", ["create rule r as on insert to t do (a; b)", "c"]),
        (
            "create or replace function f() begin atomic select case when a then 1 end; b; end; c",
            [
                "create or replace function f() begin atomic select case when a then 1 end; b; end",
                "c",
            ],
        ),
        ("select 1 as begin; atomic; c", ["select 1 as begin", "atomic", "c"]),
        ("do $do$ begin perform 1; end $do$; c", ["do $do$ begin perform 1; end $do$", "c"]),
    ],
)
def test_postgres(text: str, expected: list[str]) -> None:
    assert expected == cut(text, Dialect.POSTGRES)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (r"select 'it\'s; fine'; b", [r"select 'it\'s; fine'", "b"]),
        (r'select "a\";"; b', [r'select "a\";"', "b"]),
        ("select `a;``b`; c", ["select `a;``b`", "c"]),
        ("a # x; y\n; b", ["a # x; y", "b"]),
        ("select 1--2; b", ["select 1--2", "b"]),
        ("select 5 --; b\n; c", ["select 5 --", "b", "c"]),
        ("/*!40101 set names utf8; */; b", ["/*!40101 set names utf8; */", "b"]),
        ("/*M!100100 x */; b", ["/*M!100100 x */", "b"]),
        ("DELIMITER //\nbegin a; b; end//\ndelimiter ;\nc; d", ["begin a; b; end", "c", "d"]),
        ("delimiter $$\nbegin a; end$$\nDELIMITER ;\nb", ["begin a; end", "b"]),
        ("select delimiter; b", ["select delimiter", "b"]),
    ],
)
def test_mariadb_and_mysql(text: str, expected: list[str]) -> None:
    assert expected == cut(text, Dialect.MYSQL)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "create trigger x after insert on t begin select case when 1 then 2 end; delete from u; end; b",
            [
                "create trigger x after insert on t begin select case when 1 then 2 end; delete from u; end",
                "b",
            ],
        ),
        (
            "create temp trigger if not exists x begin a; END ; b",
            ["create temp trigger if not exists x begin a; END", "b"],
        ),
        ("select [a;b]; c", ["select [a;b]", "c"]),
        ("select `a;b`; c", ["select `a;b`", "c"]),
        (r"select 'back\'; b", [r"select 'back\'", "b"]),
        ("create table t (a); insert into t values (1)", ["create table t (a)", "insert into t values (1)"]),
    ],
)
def test_sqlite(text: str, expected: list[str]) -> None:
    assert expected == cut(text, Dialect.SQLITE)


def test_a_statement_knows_its_line_without_the_comments_in_front() -> None:
    text = "-- about\na;\n\n/* more\n */\nb\n+ 'x\n;';  c"
    assert [2, 6, 8] == [statement.line for statement in split(text, Dialect.POSTGRES, "a.sql")]


@pytest.mark.parametrize("dialect", ALL)
@pytest.mark.parametrize("text", ["a;\nb 'x", 'a;\nb "x', "a;\nb /* x"])
def test_a_quote_that_never_ends_is_an_error_at_its_line(text: str, dialect: Dialect) -> None:
    with pytest.raises(ConfigError) as caught:
        split(text, dialect, "a.sql")
    assert "a.sql:2: a quote or comment begins here and never ends" == str(caught.value)


def test_a_dollar_quote_that_never_ends_is_an_error() -> None:
    with pytest.raises(ConfigError, match=r"a\.sql:1"):
        split("select $x$ a; $$", Dialect.POSTGRES, "a.sql")


@pytest.mark.parametrize("dialect", ALL)
def test_a_megabyte_in_an_unfinished_quote_is_read_once(dialect: Dialect) -> None:
    with pytest.raises(ConfigError, match=r"a\.sql:1"):
        split("select '" + "it''s " * 200_000, dialect, "a.sql")
