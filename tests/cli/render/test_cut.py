"""Fitting a text into a limit (stagecraft/cli/render/cut.py)."""

from stagecraft.cli.render.cut import Part, fitted

WHOLE = "See elsewhere."


def test_what_fits_is_whole_and_says_nothing() -> None:
    assert "a\nb\n" == fitted([Part(["a"]), Part(["b"])], 300, WHOLE)


def test_a_part_is_cut_between_two_lines_and_keeps_its_frame() -> None:
    part = Part(["x" * 50] * 10, before=["<"], after=[">"])
    text = fitted([part], 300, WHOLE)
    assert ["<", "x" * 50, "x" * 50, ">", "", "**Cut: 8 more lines do not fit here.** See elsewhere."] == (
        text.splitlines()
    )


def test_a_part_of_which_no_line_fits_is_left_out_and_the_next_one_tried() -> None:
    text = fitted([Part(["x" * 500], before=["<"], after=[">"]), Part(["small"])], 300, WHOLE)
    assert ["small", "", "**Cut: 1 more lines do not fit here.** See elsewhere."] == text.splitlines()


def test_the_limit_is_kept_with_the_note() -> None:
    for limit in range(200, 400):
        assert limit >= len(fitted([Part(["x" * 7] * 99, before=["<"], after=[">"])] * 3, limit, WHOLE))
