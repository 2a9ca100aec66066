import time

from stagecraft.runtime.redact import Redactor
from stagecraft.runtime.streams import LONGEST_LINE, Capture, shown


def as_is(text: str) -> str:
    return text


def test_lines_are_handed_on_whole_however_they_arrive() -> None:
    lines: list[bytes] = []
    capture = Capture(lines.append)
    for piece in (b"o", b"ne\ntw", b"o\n\nthr", b"ee"):
        capture.feed(piece)
    assert [b"one", b"two", b""] == lines
    capture.close()
    capture.close()
    assert [b"one", b"two", b"", b"three"] == lines
    assert "one\ntwo\n\nthree" == capture.text


def test_a_progress_line_shows_what_a_terminal_would() -> None:
    assert "100%" == shown(b"1%\r50%\r100%\r", as_is)


def test_bytes_that_are_not_utf_8_are_shown_as_a_mark_and_captured_as_they_are() -> None:
    capture = Capture(lambda _: None)
    capture.feed(b"\xff\n")
    assert "\udcff\n" == capture.text
    assert "\ufffd" == shown(b"\xff", as_is)


def test_what_could_drive_a_terminal_is_dropped() -> None:
    assert "red and link\tend" == shown(b"\x1b[31mred\x1b[0m and \x1b]8;;x\x07link\x1b]8;;\x1b\\\tend\x07\x9b", as_is).replace("\ufffd", "")  # fmt: skip # noqa: E501


def test_an_escape_inside_a_value_does_not_hide_it() -> None:
    redact = Redactor({"KEY": "c4naryc4nary"}).redact
    assert "a ***KEY*** b" == shown(b"a c4nary\x1b[0mc4nary b", redact)


def test_a_long_line_is_cut_after_it_was_masked() -> None:
    redact = Redactor({"KEY": "c4naryc4nary"}).redact
    line = b"x" * (LONGEST_LINE - 6) + b"c4naryc4nary" + b"y" * 100
    text = shown(line, redact)
    assert "c4nary" not in text
    assert text.endswith(" ...")


def test_a_line_without_end_costs_linear_time() -> None:
    capture = Capture(lambda _: None)
    began = time.perf_counter()
    for _ in range(2000):
        capture.feed(b"x" * 16384)
    assert time.perf_counter() - began < 2
