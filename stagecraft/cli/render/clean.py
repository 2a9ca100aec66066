"""What programs wrote and people recorded, made safe for a terminal."""

import re

_SEQUENCE = re.compile(
    "\x1b\\[[0-?]*[ -/]*[@-~]"  # CSI: colours, cursor moves (ECMA-48, 5.4)
    "|\x1b[\\]P^_X][^\x07\x1b]*(?:\x07|\x1b\\\\)"  # OSC, DCS, PM, APC, SOS: titles, links, clipboard
    "|\x1b[ -/]*[0-~]"  # the two-character rest
)
_CONTROL = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f"  # C0 without tab and newline, DEL, C1
    "\u200e\u200f\u2028-\u202e\u2066-\u2069"  # what reorders or breaks lines (CVE-2021-42574)
    "\ud800-\udfff]"  # bytes that were not text
)


def clean(text: str) -> str:
    r"""Return the text without escape sequences; other control characters are shown as `\x07`, never sent.

    Newlines and tabs stay. A carriage return that ends a line goes.
    """
    text = _SEQUENCE.sub("", text.replace("\r\n", "\n"))
    return _CONTROL.sub(_shown, text)


def one_line(text: str) -> str:
    """Return the first line of the text that says anything, with `…` if there is more."""
    lines = [line.strip() for line in clean(text).splitlines() if line.strip()]
    return lines[0].replace("\t", " ") + (" …" if len(lines) > 1 else "") if lines else ""


def shortened(text: str, width: int) -> str:
    """Return the text cut to `width` characters, the last of them `…` if something is missing."""
    return text if len(text) <= width else text[: max(width - 1, 0)] + "…"


def _shown(match: re.Match[str]) -> str:
    code = ord(match.group())
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"
