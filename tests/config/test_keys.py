"""Every key is explained: type, description, example (spec/commands/docs.md)."""

import pytest

from stagecraft.config.keys import Key, find, keys
from stagecraft.config.reference import example
from stagecraft.errors import ConfigError

KEYS = keys()


@pytest.mark.parametrize("key", KEYS, ids=lambda key: key.name)
def test_every_key_has_a_type_a_description_and_an_example(key: Key) -> None:
    assert key.type
    assert key.description
    assert key.path[-1] in example(key.path)


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("secrets", "secrets"),
        ("environments.<name>.timeouts.build", "environments.<name>.timeouts.build"),
        ("environments.prod.timeouts.build", "environments.<name>.timeouts.build"),
        ("timeouts.build", "environments.<name>.timeouts.build"),
        ("health_timeout", "environments.<name>.health_timeout"),
        ("secrets.DATABASE_PASSWORD", "secrets"),
        ("environments.prod", "environments"),
        ("secrets.DATABASE_PASSWORD.env", "secrets.<name>.env"),
    ],
)
def test_a_key_is_found_by_its_path_or_the_end_of_it(written: str, name: str) -> None:
    assert name == find(written, KEYS).name


@pytest.mark.parametrize(
    ("written", "hint"),
    [
        ("health_timout", "did you mean `environments.<name>.health_timeout`?"),
        ("environments.prod.variabels", "did you mean `environments.<name>.variables`?"),
        ("regstry", "did you mean `registry`?"),
        ("xyzzy", "`stagecraft docs` lists every key"),
    ],
)
def test_an_unknown_key_is_answered_with_the_nearest(written: str, hint: str) -> None:
    with pytest.raises(ConfigError) as caught:
        find(written, KEYS)
    assert (f"there is no key `{written}` in `stagecraft.yml`", hint) == (
        caught.value.message,
        caught.value.hint,
    )


def test_an_end_that_several_paths_have_is_not_guessed() -> None:
    known = [Key(("a", "x"), "text", "", "", required=False), Key(("b", "x"), "text", "", "", required=False)]
    with pytest.raises(ConfigError) as caught:
        find("x", known)
    assert ("`x` is in several places", "name one: `a.x`, `b.x`") == (
        caught.value.message,
        caught.value.hint,
    )


def test_an_example_shows_what_its_key_stands_under() -> None:
    assert "secrets:\n  DATABASE_PASSWORD: {env: DATABASE_PASSWORD}" == "\n".join(
        line.partition("   ")[0] for line in example(("secrets", "<name>", "env")).splitlines()
    )
