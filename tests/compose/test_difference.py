from stagecraft.compose.difference import difference
from stagecraft.compose.pin import pin

TEXT = "name: shop\nservices:\n  web:\n    environment:\n      LEVEL: {level}\n    image: web\n"
OLD, NEW = TEXT.format(level="info"), TEXT.format(level="debug")


def test_a_difference_shows_the_lines_around_it() -> None:
    expected = (
        "--- current\n+++ planned\n@@ -2,5 +2,5 @@\n services:\n   web:\n     environment:\n"
        "-      LEVEL: info\n+      LEVEL: debug\n     image: web\n"
    )
    assert expected == difference(OLD, NEW)


def test_our_own_labels_make_no_difference() -> None:
    assert "" == difference(pin(OLD, {}), OLD)


def test_everything_is_new_when_nothing_runs_yet() -> None:
    lines = difference("", NEW).splitlines()
    assert ["--- current", "+++ planned", "@@ -0,0 +1,6 @@"] == lines[:3]
    assert [f"+{line}" for line in NEW.splitlines()] == lines[3:]
