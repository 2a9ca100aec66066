"""Which variables a Compose project uses, and which of them are secret (spec/commands/init.md)."""

from typing import Any

import pytest

from stagecraft.compose.variables import Use, has_userinfo, is_secret_name, uses


def found(environment: object, **service: object) -> list[Use]:
    return list(uses({"services": {"web": {"environment": environment, **service}}}))


def named(text: str) -> list[tuple[str, str | None]]:
    return [(use.name, use.default) for use in uses({"x": text})]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("$A-$B", [("A", None), ("B", None)]),
        ("${A}", [("A", None)]),
        ("${A:-x}", [("A", "x")]),
        ("${A-x}", [("A", "x")]),
        ("${A:-}", [("A", "")]),
        ("${A:?say it}", [("A", None)]),
        ("${A:+x}", [("A", "")]),
        ("${A:-${B:-c}}", [("A", "${B:-c}"), ("B", "c")]),
        ("${A:-$B}d", [("A", "$B"), ("B", None)]),
        ("$$A $${B} $$$C", [("C", None)]),
        ("cost: 5$", []),
    ],
)
def test_what_compose_would_interpolate_is_found(text: str, expected: list[tuple[str, str | None]]) -> None:
    assert expected == named(text)


def test_keys_are_not_interpolated() -> None:
    assert () == uses({"${A}": "b"})


@pytest.mark.parametrize(
    ("name", "secret"),
    [
        ("DB_PASSWORD", True),
        ("PASSWORD", True),
        ("API_TOKEN", True),
        ("STRIPE_KEY", True),
        ("JWT_SECRET", True),
        ("SECRET_KEY_BASE", True),
        ("db_password", True),
        ("PUBLIC_KEY", False),
        ("STRIPE_PUBLISHABLE_KEY", False),
        ("KEYBOARD", False),
        ("TOKEN_URL", False),
        ("PASSWORD_MIN_LENGTH", False),
    ],
)
def test_a_secret_is_known_by_its_name(name: str, secret: bool) -> None:
    assert secret == is_secret_name(name)


@pytest.mark.parametrize(
    ("environment", "secrets"),
    [
        ({"POSTGRES_PASSWORD": "${PG}"}, {"PG"}),
        (["POSTGRES_PASSWORD=${PG}"], {"PG"}),
        ({"POSTGRES_PASSWORD": "${PG}-${X}"}, set()),
        ({"URL": "postgres://${U}:${P}@db/x"}, {"P"}),
        ({"URL": "postgres://app:${P}@${HOST}/${NAME}"}, {"P"}),
        ({"URL": "https://${TOK}@example.com/"}, {"TOK"}),
        ({"URL": "https://example.com/${X}@2"}, set()),
        ({"URL": "${DB:-postgres://app:dev@db/x}"}, {"DB"}),
        ({"URL": "${DB:-postgres://db/x}"}, set()),
        (["JWT_SECRET", "PLAIN"], {"JWT_SECRET"}),
        ({"JWT_SECRET": None, "PLAIN": None}, {"JWT_SECRET"}),
    ],
)
def test_a_secret_is_known_by_its_place(environment: Any, secrets: set[str]) -> None:
    assert secrets == {use.name for use in found(environment) if use.secret}


def test_what_is_taken_from_the_caller_is_found() -> None:
    model = {
        "services": {"web": {"environment": ["A", "B=b"]}},
        "secrets": {"s": {"environment": "SESSION"}, "f": {"file": "x"}},
        "configs": {"c": {"environment": "MOTD"}},
    }
    assert [("A", False), ("SESSION", True), ("MOTD", False)] == [
        (use.name, use.secret) for use in uses(model)
    ]


def test_a_place_is_said_as_people_find_it() -> None:
    assert ("services", "web", "environment", "A") == found(["A=${X}"])[0].place


def test_an_address_with_a_password_is_recognised() -> None:
    assert [True, False, False] == [
        has_userinfo(value) for value in ("postgres://a:b@c/d", "postgres://a@c/d", "http://c:80/d")
    ]
