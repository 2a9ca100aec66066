"""Lines that move (stagecraft/cli/render/live.py), read back from a screen."""

import io

from stagecraft.cli.render.live import Live


class Screen:
    """The little of a terminal that is needed: wrapped lines, a cursor, going up, deleting lines."""

    def __init__(self) -> None:
        self.rows = [""]
        self.row = 0

    def feed(self, data: str, columns: int) -> None:
        position = 0
        while position < len(data):
            rest = data[position:]
            if rest.startswith("\x1b["):
                end = next(index for index, character in enumerate(rest[2:], 2) if character.isalpha())
                if rest[end] == "A":
                    self.row -= int(rest[2:end])
                if rest[end] == "M":
                    del self.rows[self.row : self.row + int(rest[2:end])]
                    self.rows = self.rows[: self.row] + (self.rows[self.row :] or [""])
                position += end + 1
            else:
                self._put(rest[0], columns)
                position += 1

    def _put(self, character: str, columns: int) -> None:
        if character == "\n" or (character != "\r" and len(self.rows[self.row]) == columns):
            self.row += 1
            self.rows[self.row :] = self.rows[self.row :] or [""]
        if character not in "\r\n":
            self.rows[self.row] += character

    def reflow(self, columns: int) -> None:
        """Wrap what is there anew, as terminals do when they are made narrower."""
        self.rows = [
            row[start : start + columns] for row in self.rows for start in range(0, max(len(row), 1), columns)
        ]
        self.row = len(self.rows) - 1


class Scene:
    """A live view, its frame, and the screen it is drawn on."""

    def __init__(self) -> None:
        self.columns = 20
        self.frame: list[str] = ["moving one", "moving two"]
        self.out = io.StringIO()
        self.screen = Screen()
        self.live = Live(self.out, lambda: self.columns, lambda: self.frame, lambda _number, line: line)

    def shown(self) -> list[str]:
        self.screen.feed(self.out.getvalue(), self.columns)
        self.out.seek(0)
        self.out.truncate()
        return self.screen.rows


def test_what_moves_is_replaced_and_what_stays_stays() -> None:
    scene = Scene()
    scene.live.draw()
    scene.live.above("done")
    scene.frame = ["another"]
    scene.live.draw()
    assert ["done", "another"] == scene.shown()


def test_the_same_frame_is_not_drawn_again() -> None:
    scene = Scene()
    scene.live.draw()
    written = scene.out.getvalue()
    scene.live.draw()
    assert written == scene.out.getvalue()


def test_in_the_end_only_what_stays_is_left_and_the_cursor_is_back() -> None:
    scene = Scene()
    with scene.live:
        scene.live.above("done")
    assert scene.out.getvalue().endswith("\x1b[?25h")
    assert ["done", ""] == scene.shown()


def test_after_the_end_lines_can_still_be_written_and_none_moves() -> None:
    scene = Scene()
    scene.live.stop()
    scene.live.above("the summary")
    scene.live.draw()
    assert ["the summary", ""] == scene.shown()


def test_a_terminal_that_was_made_narrower_keeps_no_leftovers() -> None:
    scene = Scene()
    scene.live.above("done")
    scene.shown()
    scene.columns = 6
    scene.screen.reflow(6)
    scene.frame = ["short"]
    scene.live.draw()
    assert ["done", "short"] == scene.shown()


def test_a_terminal_that_was_made_wider_keeps_every_finished_line() -> None:
    scene = Scene()
    scene.live.above("done")
    scene.shown()
    scene.columns = 200
    scene.frame = ["another"]
    scene.live.draw()
    assert ["done", "another"] == scene.shown()


class Gone(io.StringIO):
    """A terminal that was closed."""

    def write(self, _text: str) -> int:
        raise OSError(5, "Input/output error")


def test_a_terminal_that_went_away_ends_nothing() -> None:
    out = Gone()
    done = False
    with Live(out, lambda: 80, lambda: ["moving"], lambda _number, line: line):
        done = True
    assert done
