import base64
import json
import random
import re
import shlex
import string
import time
from collections.abc import Callable
from urllib.parse import quote, quote_plus

import pytest

from stagecraft.runtime.redact import Redactor

VALUES = {
    "plain": "hunter2hunter2",
    "symbols": "p@ss w0rd/+&=?#%",
    "quotes": 'it\'s "quoted" \\ and `more`',
    "dollars": "pa$$w0rd$HOME",
    "markup": "<a href='x'>&amp;</a>",
    "unicode": "pässwörd-日本語-🔑",
    "lines": "-----BEGIN KEY-----\nMIIEvQIBADANBgkqh\nkiG9w0BAQEFAASCBK\n-----END KEY-----\n",
    "json": '{"type": "service_account", "key": "a\\nb"}',
    "control": "tab\there\x07bell",
    "short": "abcd",
}


def go_quoted(value: str) -> str:
    known = {"\a": "\\a", "\t": "\\t", "\n": "\\n", '"': '\\"', "\\": "\\\\"}
    return "".join(known.get(char, char) for char in value)


ENCODINGS: dict[str, Callable[[str], str]] = {
    "as it is": lambda value: value,
    "url": lambda value: quote(value, safe=""),
    "url path": quote,
    "url form": quote_plus,
    "url lower case": lambda value: re.sub("%..", lambda it: it[0].lower(), quote(value, safe="")),
    "json": json.dumps,
    "json unicode": lambda value: json.dumps(value, ensure_ascii=False),
    "json in json": lambda value: json.dumps(json.dumps(value)),
    "go json": lambda value: (
        json.dumps(value).replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")
    ),
    "go %q": go_quoted,
    "shell": shlex.quote,
    "yaml": lambda value: value.replace("'", "''"),
    "compose": lambda value: value.replace("$", "$$"),
    "hex": lambda value: value.encode().hex(),
    "HEX": lambda value: value.encode().hex().upper(),
    "base64": lambda value: base64.b64encode(value.encode()).decode(),
    "base64url": lambda value: base64.urlsafe_b64encode(value.encode()).decode(),
}


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("name", VALUES)
def test_a_value_is_masked_in_each_of_its_forms(name: str, encoding: str) -> None:
    form = ENCODINGS[encoding](VALUES[name])
    text = Redactor({"KEY": VALUES[name]}).redact(f"before {form} after")
    assert "before ***KEY*** after" == re.sub(r"[\\\"']", "", text)


@pytest.mark.parametrize("before", ["", "a", "ab", "abc", "user:"])
@pytest.mark.parametrize("after", ["", "z", "zy", "zyx"])
@pytest.mark.parametrize("encode", [base64.b64encode, base64.urlsafe_b64encode])
def test_nothing_of_a_value_is_left_in_the_base64_of_something_longer(
    before: str, after: str, encode: Callable[[bytes], bytes]
) -> None:
    value = "".join(random.Random(7).choices(string.printable[:94], k=24))
    text = encode((before + value + after).encode()).decode()
    masked = Redactor({"KEY": value}).redact(text)
    assert "***KEY***" in masked
    assert len(masked.replace("***KEY***", "")) <= len(text) - (24 * 4 // 3 - 4)


@pytest.mark.parametrize("width", [64, 76])
def test_a_long_value_in_wrapped_base64_is_masked_line_by_line(width: int) -> None:
    value = random.Random(3).randbytes(300).hex()
    text = base64.b64encode(value.encode()).decode()
    lines = [text[start : start + width] for start in range(0, len(text), width)]
    assert {"***KEY***"} == set(map(Redactor({"KEY": value}).redact, lines))


def test_a_value_of_several_lines_is_masked_line_by_line() -> None:
    redact = Redactor({"KEY": VALUES["lines"]}).redact
    assert ["***KEY***"] * 4 == [redact(line) for line in VALUES["lines"].splitlines()]


def test_the_longest_value_wins_and_a_shorter_one_inside_it_does_not_show() -> None:
    redactor = Redactor({"SHORT": "secret", "LONG": "secret-and-more"})
    assert "***LONG*** ***SHORT***" == redactor.redact("secret-and-more secret")


def test_values_that_overlap_leave_nothing_behind() -> None:
    redactor = Redactor({"A": "abcdef", "B": "defghi"})
    assert "***A***" == redactor.redact("abcdefghi")


def test_a_value_that_overlaps_itself_leaves_nothing_behind() -> None:
    assert "x***A***x" == Redactor({"A": "abab"}).redact("xabababx")


def test_a_name_is_never_masked_inside_a_mask() -> None:
    redactor = Redactor({"DATABASE_PASSWORD": "hunter2", "OTHER": "PASSWORD"})
    assert "***DATABASE_PASSWORD*** ***OTHER***" == redactor.redact("hunter2 PASSWORD")


def test_neighbours_get_a_mask_each() -> None:
    assert "***A******B***" == Redactor({"A": "aaaa", "B": "bbbb"}).redact("aaaabbbb")


def test_values_under_four_characters_are_left_alone() -> None:
    assert "a abc 1" == Redactor({"A": "a", "B": "abc", "C": "1", "D": ""}).redact("a abc 1")


def test_of_two_names_with_one_value_the_first_in_the_alphabet_is_shown() -> None:
    assert "***A***" == Redactor({"B": "hunter2", "A": "hunter2"}).redact("hunter2")


def test_values_can_be_added() -> None:
    redactor = Redactor()
    assert "hunter2" == redactor.redact("hunter2")
    redactor.add({"KEY": "hunter2"})
    assert "***KEY***" == redactor.redact("hunter2")


def test_fifty_secrets_cost_under_a_tenth_of_a_millisecond_a_line() -> None:
    rng = random.Random(1)
    redactor = Redactor({f"S{n}": "".join(rng.choices(string.printable[:94], k=32)) for n in range(50)})
    lines = ["".join(rng.choices(string.ascii_letters + "     ", k=120)) for _ in range(2000)]
    began = time.process_time()
    for line in lines:
        redactor.redact(line)
    assert (time.process_time() - began) / len(lines) < 0.0005
