import time

import pytest

from stagecraft.config.tree import MAX_BYTES, parse
from stagecraft.errors import ConfigError


def plain(text: str) -> object:
    return parse(text.encode(), "f.yml").plain()


def problem(data: bytes) -> str:
    with pytest.raises(ConfigError) as caught:
        parse(data, "f.yml")
    return str(caught.value)


@pytest.mark.parametrize(
    "text", ["on", "yes", "No", "True", "0755", "1.10", "2024-01-01", "1:30", "0x1F", "1_000"]
)
def test_what_other_readers_turn_into_something_else_stays_text(text: str) -> None:
    assert {"key": text} == plain(f"key: {text}")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("true", True),
        ("false", False),
        ("null", None),
        ("~", None),
        ("", None),
        ("0", 0),
        ("-12", -12),
        ("'true'", "true"),
        ('"12"', "12"),
        ("!!str 12", "12"),
        ("!!int 12", 12),
        ("9" * 5000, "9" * 5000),
        ("|\n  a\n  b\n", "a\nb\n"),
    ],
)
def test_a_scalar_means(text: str, expected: object) -> None:
    assert {"key": expected} == plain(f"key: {text}")


def test_an_alias_repeats_what_its_anchor_names() -> None:
    assert {"a": [1, 2], "b": [1, 2]} == plain("a: &x [1, 2]\nb: *x\n")


def test_keys_written_out_win_over_merged_ones_and_the_first_merged_mapping_over_later_ones() -> None:
    text = "- &a {k: a, l: a, m: a}\n- &b {l: b, n: b}\n- {k: own, <<: [*b, *a]}\n"
    assert {"k": "own", "l": "b", "m": "a", "n": "b"} == plain(text)[2]  # type: ignore[index]


def test_a_quoted_merge_key_is_an_ordinary_key() -> None:
    assert {"<<": {"k": 1}} == plain("'<<': {k: 1}")


def test_every_key_and_item_knows_its_line() -> None:
    lines = dict(parse(b"a:\n  b: 1\n  c:\n    - x\n    - y\n", "f.yml").lines())
    assert {("a",): 1, ("a", "b"): 2, ("a", "c"): 3, ("a", "c", 0): 4, ("a", "c", 1): 5} == lines


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", "f.yml: is empty"),
        (b"# nothing\n", "f.yml: is empty"),
        (b"a: 1\n---\nb: 2\n", "f.yml:2: a second document begins here; there can be only one"),
        (b"a: 1\nb: 2\na: 3\n", "f.yml:3: key `a` is here twice"),
        (b"a: {<<: {b: 1}, <<: {c: 1}}\n", "f.yml:1: key `<<` is here twice"),
        (b"a: &x {<<: 1}\n", "f.yml:1: `<<` takes a mapping or a list of mappings"),
        (b"a: 1\n? [b]\n: 2\n", "f.yml:2: a key must be text"),
        (b"a:\n  *none\n", "f.yml:2: alias `*none` names nothing that is complete before it"),
        (b"a: &x [*x]\n", "f.yml:1: alias `*x` names nothing that is complete before it"),
        (b"a: !!binary aGVsbG8=\n", "f.yml:1: tag `!!binary` is not allowed here"),
        (b"a: !!python/object:os.x [id]\n", "f.yml:1: tag `!!python/object:os.x` is not allowed here"),
        (b"a: !!int abc\n", "f.yml:1: tag `!!int` is not allowed here"),
        (b"a: !!timestamp 2024-01-01\n", "f.yml:1: tag `!!timestamp` is not allowed here"),
        (b"a: !!set {b}\n", "f.yml:1: tag `!!set` is not allowed here"),
        (b"a: 1\nb: \x00\n", "f.yml:2: contains the control character '\\x00'"),
        (b"\x7fELF\x02\x01", "f.yml:1: contains the control character '\\x7f'"),
        (b"a: 1\nb: \xff\xfe\n", "f.yml:2: is not UTF-8 text"),
        ("a: 1\n".encode("utf-16"), "f.yml:1: is not UTF-8 text"),
        (b"x" * (10 * 1024 * 1024), "f.yml: is larger than 256 KiB"),
        (b"[" * 100, "f.yml:1: is nested more than 32 levels deep"),
        (b"a:\n" + b"- " * 100 + b"x", "f.yml:2: is nested more than 32 levels deep"),
    ],
)  # fmt: skip
def test_a_file_that_is_not_plain_yaml_gives_one_clear_message(data: bytes, expected: str) -> None:
    assert expected == problem(data)


@pytest.mark.parametrize(
    "text", ["a: [1, 2", "a: 'x", "a: b: c", "\ta: 1", "a: @x", "%FOO\n", "- a\n  b: 1\n c", "a: *"]
)
def test_broken_yaml_is_named_with_its_line(text: str) -> None:
    assert problem(f"ok: 1\nlist:\n{text}".encode()).startswith("f.yml:")


def test_depth_counts_through_aliases() -> None:
    text = "a0: &a0 [x]\n" + "".join(f"a{n}: &a{n} [*a{n - 1}]\n" for n in range(1, 40))
    assert "f.yml:32: is nested more than 32 levels deep" == problem(text.encode())


def test_a_byte_order_mark_and_windows_line_ends_are_read() -> None:
    assert {"a": 1, "b": 2} == parse(b"\xef\xbb\xbfa: 1\r\nb: 2\r\n", "f.yml").plain()


BOMBS = {
    "billion laughs": "a0: &a0 [x, x]\n"
    + "".join(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]\n" for n in range(1, 31)),
    "merges": "a: &a {" + ", ".join(f"k{n}: 1" for n in range(4000)) + "}\nb:\n" + "- {<<: *a}\n" * 10_000,
    "deep": "a0: &a0 [x]\n" + "".join(f"a{n}: &a{n} [*a{n - 1}]\n" for n in range(1, 2000)),
    "brackets": "a: " + "[" * 200_000,
    "braces": "a: " + "{a: " * 60_000,
    "wide": "a: [" + "1," * 100_000 + "]",
    "keys": "".join(f"k{n}: 1\n" for n in range(20_000)),
    "long key": "? " + "a" * 250_000,
}  # fmt: skip


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_refused_before_it_goes_off(name: str) -> None:
    data = BOMBS[name].encode()
    assert len(data) <= MAX_BYTES
    began = time.perf_counter()
    if name == "long key":
        parse(data, "f.yml")
    else:
        problem(data)
    assert time.perf_counter() - began < 2
