"""Errors as people read them (stagecraft/cli/render/errors.py, internal.py)."""

from pathlib import Path

from stagecraft.cli.render.errors import error_text
from stagecraft.cli.render.internal import internal_text
from stagecraft.errors import ConfigError, PhaseFailedError, StoreError


def test_place_message_and_hint() -> None:
    error = ConfigError("unknown key `rols`", place="stagecraft.yml:4", hint="did you mean `roles`?")
    assert "error: stagecraft.yml:4: unknown key `rols`\nhint: did you mean `roles`?" == error_text(error)


def test_several_problems_stay_readable() -> None:
    error = ConfigError("2 problems:\nno engine\nno registry", hint="start the engine\nlog in")
    expected = "error: 2 problems:\n  no engine\n  no registry\nhint: start the engine\n  log in"
    assert expected == error_text(error)


def test_the_last_lines_of_what_failed_are_indented_and_harmless() -> None:
    error = PhaseFailedError("`rollout` failed", place="web1", log=("\x1b[31mTraceback", "ValueError"))
    assert "error: web1: `rollout` failed\n    Traceback\n    ValueError" == error_text(error)


def caught() -> Exception:
    try:
        raise ValueError("s3cret")
    except ValueError as error:
        return error


def test_a_bug_is_told_without_the_values_it_stumbled_over(tmp_path: Path) -> None:
    text = internal_text(caught(), tmp_path)
    (trace,) = tmp_path.iterdir()
    assert text.startswith("internal error: ValueError at test_errors.py:")
    assert str(trace) in text
    assert "s3cret" not in text
    assert "ValueError" in trace.read_text()


def test_the_traceback_is_readable_for_its_owner_only(tmp_path: Path) -> None:
    internal_text(caught(), tmp_path)
    (trace,) = tmp_path.iterdir()
    assert 0o600 == trace.stat().st_mode & 0o777


def test_a_traceback_that_cannot_be_kept_is_printed(tmp_path: Path) -> None:
    text = internal_text(caught(), tmp_path / "missing")
    assert 'raise ValueError("s3cret")' in text  # the source, which is public; not the value at run time
    assert text.endswith("ValueError")


def test_a_record_that_could_not_be_stored_can_be_saved_by_hand() -> None:
    error = StoreError("no space left", hint="make room", record='{\n  "number": 7\n}\n')
    assert error_text(error) == (
        "error: no space left\n"
        "the record that could not be stored, to be saved by hand:\n"
        '{\n  "number": 7\n}\n'
        "hint: make room"
    )
