"""What a program writes: captured whole as bytes, and cut into lines fit to be shown."""

import re
from collections.abc import Callable

LONGEST_LINE = 4096
"""Characters of a line that are shown."""

_ESCAPES = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|[\x00-\x08\x0a-\x1f\x7f-\x9f]"
)


class Capture:
    """Keeps everything, and hands each whole line on as soon as it is there."""

    def __init__(self, on_line: Callable[[bytes], None]) -> None:
        self.data = bytearray()
        self._begin = 0
        self._on_line = on_line

    def feed(self, data: bytes) -> None:
        """Take the next bytes."""
        search = len(self.data)
        self.data += data
        while (end := self.data.find(b"\n", search)) >= 0:
            self._on_line(bytes(self.data[self._begin : end]))
            self._begin = search = end + 1

    def close(self) -> None:
        """Hand on a last line without a newline."""
        if self._begin < len(self.data):
            self._on_line(bytes(self.data[self._begin :]))
            self._begin = len(self.data)

    @property
    def text(self) -> str:
        """Return everything; bytes that are not UTF-8 survive as surrogates (`os.fsencode` restores them)."""
        return self.data.decode("utf-8", "surrogateescape")


def shown(line: bytes, redact: Callable[[str], str]) -> str:
    """Return what a terminal would show of a line: the text after the last carriage return, without escapes.

    Masked before and after control characters are dropped, because either may hide a value; cut only then.
    """
    text = line.rstrip(b"\r").rpartition(b"\r")[2].decode("utf-8", "replace")
    text = redact(_ESCAPES.sub("", redact(text))).rstrip()
    return text if len(text) <= LONGEST_LINE else text[:LONGEST_LINE] + " ..."
