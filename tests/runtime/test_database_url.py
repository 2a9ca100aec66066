import pytest

from stagecraft.errors import ConfigError
from stagecraft.model.sql import Dialect
from stagecraft.runtime.database_url import parse

URL = "postgresql://shop:s3%2Fcret@db.internal:5433/orders?sslmode=require"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (URL, (Dialect.POSTGRES, "db.internal", 5433, "shop", "s3/cret", "orders")),
        ("postgres://db/orders", (Dialect.POSTGRES, "db", None, "", "", "orders")),
        ("postgresql+psycopg2://db/orders\n", (Dialect.POSTGRES, "db", None, "", "", "orders")),
        ("mysql+pymysql://u:p@[::1]:3307/o", (Dialect.MYSQL, "::1", 3307, "u", "p", "o")),
        ("mariadb://u@db/o%20x", (Dialect.MYSQL, "db", None, "u", "", "o x")),
        ("sqlite:///data/shop.db", (Dialect.SQLITE, "", None, "", "", "data/shop.db")),
        ("sqlite:////srv/shop.db", (Dialect.SQLITE, "", None, "", "", "/srv/shop.db")),
    ],
)
def test_a_url_is_taken_apart(text: str, expected: tuple[object, ...]) -> None:
    url = parse("DATABASE_URL", text)
    assert expected == (url.dialect, url.host, url.port, url.user, url.password, url.database)


def test_options_are_kept() -> None:
    assert {"sslmode": "require"} == parse("DATABASE_URL", URL).options


@pytest.mark.parametrize(
    "text",
    [
        "",
        "hunter2",
        "redis://hunter2@db/0",
        "postgresql://u:hunter2@db:port/x",
        "postgresql://u:hunter2@[db/x",
        "postgresql://u:hunter2@db/",
        "mysql://u:hunter2@db/x?hunter2",
        "sqlite://hunter2/x",
        "sqlite://",
        "sqlite:///:memory:",
    ],
)
def test_anything_else_is_refused_without_quoting_it(text: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse("DATABASE_URL", text)
    assert ("the value of `DATABASE_URL` ", False) == (
        caught.value.message[:28],
        "hunter2" in str(caught.value),
    )


def test_its_repr_shows_the_name_of_the_secret_only() -> None:
    assert "DatabaseUrl(secret='DATABASE_URL')" == repr(parse("DATABASE_URL", URL))


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("no pg_hba.conf entry for s3/cret", "no pg_hba.conf entry for ***DATABASE_URL***"),
        (f"bad {URL}!", "bad ***DATABASE_URL***!"),
        ("s3%2Fcret", "***DATABASE_URL***"),
        ('relation "shop" on orders', 'relation "shop" on orders'),
    ],
)
def test_a_message_loses_the_password_in_every_form(said: str, expected: str) -> None:
    assert expected == parse("DATABASE_URL", URL).hide(said)


def test_a_short_password_is_hidden_too() -> None:
    assert "is ***D***." == parse("D", "mysql://u:abc@h/d").hide("is abc.")


def test_a_message_about_the_connection_loses_host_user_and_database_too() -> None:
    said = 'at "db.internal", user "shop", database "orders", workshop'
    expected = 'at "***D***", user "***D***", database "***D***", workshop'
    assert expected == parse("D", URL).hide(said, names=True)
