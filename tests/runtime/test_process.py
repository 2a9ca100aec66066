import os
import signal
import sys
import threading
import time
from pathlib import Path

import pytest

from stagecraft.errors import StepFailedError, UnavailableError
from stagecraft.runtime.about_host import AboutHost
from stagecraft.runtime.process import Finished, ProcessTimeoutError, RunCancelledError
from tests.runtime.doors import ENVIRONMENT, Door, alive

SH = ("sh", "-c")


def python(code: str) -> tuple[str, ...]:
    return (sys.executable, "-S", "-c", code)


def wait_until_dead(pid: int, seconds: float = 3) -> bool:
    until = time.monotonic() + seconds
    while alive(pid) and time.monotonic() < until:
        time.sleep(0.02)
    return not alive(pid)


def test_output_and_exit_code_come_back_as_they_are() -> None:
    done = Door().processes.run((*SH, "echo out; echo err >&2; exit 3"), env=ENVIRONMENT)
    assert (3, "out\n", "err\n") == (done.code, done.stdout, done.stderr)


def test_a_signal_is_a_negative_code() -> None:
    done = Door().processes.run((*SH, "kill -9 $$"), env=ENVIRONMENT)
    assert -9 == done.code
    with pytest.raises(StepFailedError, match=r"^`x` was ended by SIGKILL$"):
        done.require("`x`")


def test_a_failure_carries_the_last_lines() -> None:
    done = Door({"KEY": "c4nary"}).processes.run((*SH, "seq 30; echo c4nary; exit 1"), env=ENVIRONMENT)
    with pytest.raises(StepFailedError, match=r"^the build failed with exit code 1$") as caught:
        done.require("the build")
    assert (20, "***KEY***") == (len(caught.value.log), caught.value.log[-1])


def test_the_environment_is_exactly_what_was_given() -> None:
    os.environ["STAGECRAFT_TEST_AMBIENT"] = "leak"
    try:
        done = Door().processes.run(("/usr/bin/env",), env={"ONLY": "this"})
    finally:
        del os.environ["STAGECRAFT_TEST_AMBIENT"]
    assert "ONLY=this\n" == done.stdout


def test_it_runs_in_the_folder(tmp_path: Path) -> None:
    done = Door().processes.run(("pwd",), env=ENVIRONMENT, cwd=tmp_path)
    assert f"{tmp_path.resolve()}\n" == done.stdout


def test_it_has_no_terminal_and_no_input() -> None:
    done = Door().processes.run((*SH, "cat; : < /dev/tty"), env=ENVIRONMENT, timeout=10)
    assert ("", True) == (done.stdout, done.code != 0)


def test_the_command_line_is_told_before_the_program_runs() -> None:
    door = Door({"KEY": "c4nary value"})
    door.processes.run((*SH, "true", "it's", "x=c4nary value"), env=ENVIRONMENT)
    assert ["""sh -c true 'it'"'"'s' 'x=***KEY***'"""] == door.commands


def test_the_end_of_a_program_is_told_with_its_code_and_how_long_it_took() -> None:
    door = Door({"KEY": "c4nary value"})
    door.processes.run((*SH, "exit 3", "c4nary value"), env=ENVIRONMENT)
    door.processes.run((*SH, "kill -9 $$"), env=ENVIRONMENT)
    ends = door.ends
    assert [("sh -c 'exit 3' '***KEY***'", 3, "local"), ("sh -c 'kill -9 $$'", -9, "local")] == [
        (end.line, end.code, end.host) for end in ends
    ]
    assert all(0 <= end.duration <= door.clock.monotonic() for end in ends)


def test_a_program_that_is_late_or_cannot_be_started_ends_without_a_code() -> None:
    door = Door()
    with pytest.raises(ProcessTimeoutError):
        door.processes.run(("sleep", "60"), env=ENVIRONMENT, timeout=0.1)
    with pytest.raises(UnavailableError):
        door.processes.run(("no-such-program",), env=ENVIRONMENT)
    assert [("sleep 60", None), ("no-such-program", None)] == [(end.line, end.code) for end in door.ends]


def test_a_program_about_a_host_is_told_with_it() -> None:
    door = Door()
    AboutHost(door.processes, "web-1").run(("true",), env=ENVIRONMENT, cwd=None)
    assert (["web-1"], ["web-1"]) == ([one.host for one in door.begins], [one.host for one in door.ends])


def test_lines_are_told_as_they_come_and_redacted() -> None:
    door = Door({"KEY": "c4nary"})
    done = door.processes.run(
        (*SH, "echo c4nary; sleep 0.4; printf 'x\\rlast c4nary'"), env=ENVIRONMENT, source="build"
    )
    assert ["***KEY***", "last ***KEY***"] == door.lines
    assert "c4nary\nx\rlast c4nary" == done.stdout
    assert ("***KEY***", "last ***KEY***") == done.tail
    assert door.times[2] - door.times[1] > 0.2


def test_without_a_source_no_output_is_told() -> None:
    door = Door()
    door.processes.run(("echo", "x"), env=ENVIRONMENT)
    assert [] == door.lines


@pytest.mark.proof
def test_a_hundred_megabytes_in_both_directions_do_not_deadlock() -> None:
    text = "0123456789abcde\n" * (6 * 1024 * 1024)
    done = Door().processes.run(("cat",), env=ENVIRONMENT, stdin=text, timeout=60)
    assert text == done.stdout


def test_much_output_on_both_streams_does_not_deadlock() -> None:
    code = "import os\nfor _ in range(200): os.write(1, b'o' * 65536); os.write(2, b'e' * 65536)"
    done = Door().processes.run(python(code), env=ENVIRONMENT, timeout=60)
    assert (200 * 65536, 200 * 65536) == (len(done.stdout), len(done.stderr))


def test_a_program_that_does_not_read_its_input_is_fine() -> None:
    done = Door().processes.run(
        (*SH, "exec <&-; echo done"), env=ENVIRONMENT, stdin="x" * 1_000_000, timeout=30
    )
    assert (0, "done\n") == (done.code, done.stdout)


def test_bytes_that_are_not_utf_8_survive_for_the_caller() -> None:
    done = Door().processes.run((*SH, "printf '\\377\\n'"), env=ENVIRONMENT)
    assert b"\xff\n" == os.fsencode(done.stdout)
    assert ("\ufffd",) == done.tail


def test_a_program_that_closes_its_output_and_goes_on_is_waited_for() -> None:
    began = time.monotonic()
    done = Door().processes.run((*SH, "exec >&- 2>&-; sleep 0.3; exit 4"), env=ENVIRONMENT)
    assert 4 == done.code
    assert 0.3 <= time.monotonic() - began


def test_something_left_behind_that_holds_the_pipe_does_not_hold_the_run() -> None:
    began = time.monotonic()
    done = Door().processes.run((*SH, "sleep 30 & echo $!"), env=ENVIRONMENT)
    assert time.monotonic() - began < 20
    os.kill(int(done.stdout), signal.SIGKILL)


def test_a_program_that_is_not_there_is_unavailable(tmp_path: Path) -> None:
    with pytest.raises(UnavailableError, match=r"^program `nonesuch` is not there$"):
        Door().processes.run(("nonesuch",), env=ENVIRONMENT)
    with pytest.raises(UnavailableError, match=r"^folder `.*gone` is not there$"):
        Door().processes.run(("true",), env=ENVIRONMENT, cwd=tmp_path / "gone")
    (tmp_path / "data").write_text("x")
    with pytest.raises(UnavailableError, match=r"^program `.*data` cannot be run: Permission denied$"):
        Door().processes.run((str(tmp_path / "data"),), env=ENVIRONMENT)


def test_programs_are_looked_up_in_the_given_path_only() -> None:
    with pytest.raises(UnavailableError):
        Door().processes.run(("true",), env={"PATH": "/nonexistent"})


class TestDeadline:
    def test_ends_the_whole_group(self) -> None:
        door = Door({"KEY": "c4nary"})
        began = time.monotonic()
        with pytest.raises(ProcessTimeoutError, match=r"^`sh` was not done in time$") as caught:
            door.processes.run((*SH, "sleep 60 & echo c4nary; echo $!; wait"), env=ENVIRONMENT, timeout=1)
        assert time.monotonic() - began < 30
        assert "***KEY***" == caught.value.log[0]
        assert wait_until_dead(int(caught.value.log[1]))

    def test_kills_what_ignores_the_first_signal(self) -> None:
        began = time.monotonic()
        with pytest.raises(ProcessTimeoutError) as caught:
            Door().processes.run(
                (*SH, "trap '' TERM; echo $$; while :; do sleep 0.1; done"), env=ENVIRONMENT, timeout=1
            )
        assert 2 < time.monotonic() - began
        assert wait_until_dead(int(caught.value.log[0]))

    def test_kills_a_silent_grandchild_that_ignores_the_first_signal(self, tmp_path: Path) -> None:
        stubborn = "(trap '' TERM; exec >/dev/null 2>&1; while :; do sleep 0.1; done) & echo $! > pid; wait"
        with pytest.raises(ProcessTimeoutError):
            Door().processes.run((*SH, stubborn), env=ENVIRONMENT, cwd=tmp_path, timeout=1)
        assert wait_until_dead(int((tmp_path / "pid").read_text()))

    def test_kills_a_grandchild_that_ignores_the_first_signal(self) -> None:
        stubborn = "(trap '' TERM; echo $(exec sh -c 'echo $PPID'); while :; do sleep 0.1; done) & sleep 60"
        with pytest.raises(ProcessTimeoutError) as caught:
            Door().processes.run((*SH, stubborn), env=ENVIRONMENT, timeout=1)
        assert wait_until_dead(int(caught.value.log[0]))

    def test_is_the_earlier_of_the_two(self) -> None:
        door = Door()
        began = time.monotonic()
        with pytest.raises(ProcessTimeoutError):
            door.processes.run(
                ("sleep", "60"), env=ENVIRONMENT, deadline=door.clock.monotonic() + 0.2, timeout=50
            )
        assert time.monotonic() - began < 30

    def test_that_has_passed_starts_nothing(self) -> None:
        door = Door()
        with pytest.raises(ProcessTimeoutError):
            door.processes.run(("true",), env=ENVIRONMENT, deadline=door.clock.monotonic() - 1)
        assert [] == door.commands


class TestCancel:
    def test_ends_everything_under_way_and_refuses_more(self) -> None:
        door = Door()
        problems: list[BaseException] = []

        def run() -> None:
            try:
                door.processes.run((*SH, "echo ready; exec sleep 60"), env=ENVIRONMENT, source="x")
            except RunCancelledError as error:
                problems.append(error)

        threads = [threading.Thread(target=run) for _ in range(4)]
        for thread in threads:
            thread.start()
        until = time.monotonic() + 60
        while len(door.lines) < 4 and time.monotonic() < until:
            time.sleep(0.01)
        began = time.monotonic()
        door.processes.cancel()
        door.processes.cancel()
        for thread in threads:
            thread.join(30)
        assert time.monotonic() - began < 30
        assert ["`sh` was stopped"] * 4 == [str(problem) for problem in problems]
        with pytest.raises(RunCancelledError):
            door.processes.run(("true",), env=ENVIRONMENT)

    def test_from_a_signal_handler_in_the_thread_that_runs_is_safe(self) -> None:
        door = Door()
        before = signal.signal(signal.SIGALRM, lambda *_: door.processes.cancel())
        try:
            signal.setitimer(signal.ITIMER_REAL, 0.3)
            with pytest.raises(RunCancelledError):
                door.processes.run(("sleep", "60"), env=ENVIRONMENT)
        finally:
            signal.signal(signal.SIGALRM, before)

    def test_an_exception_out_of_a_signal_handler_leaves_nothing_running(self) -> None:
        class StopError(Exception):
            pass

        def stop(*_: object) -> None:
            raise StopError

        door = Door()
        before = signal.signal(signal.SIGALRM, stop)
        try:
            signal.setitimer(signal.ITIMER_REAL, 0.4)
            with pytest.raises(StopError):
                door.processes.run((*SH, "echo $$; sleep 60"), env=ENVIRONMENT, source="x")
        finally:
            signal.signal(signal.SIGALRM, before)
        assert wait_until_dead(int(door.lines[0]))


def test_programs_inherit_the_descriptors_and_nothing_else(tmp_path: Path) -> None:
    with (tmp_path / "lock").open("w") as lock, (tmp_path / "other").open("w") as other:
        os.set_inheritable(other.fileno(), True)  # noqa: FBT003
        code = "import os\nfor n in range(3, 64):\n try: os.fstat(n); print(n)\n except OSError: pass"
        done = Door(descriptors=(lock.fileno(),)).processes.run(python(code), env=ENVIRONMENT)
        assert f"{lock.fileno()}\n" == done.stdout


def test_a_program_gets_a_session_of_its_own() -> None:
    done = Door().processes.run(
        python("import os; print(os.getsid(0) == os.getpid() == os.getpgid(0))"), env=ENVIRONMENT
    )
    assert "True\n" == done.stdout


def test_a_quick_program_costs_little() -> None:
    door = Door()
    took = []
    for _ in range(20):
        began = time.monotonic()
        door.processes.run(("true",), env=ENVIRONMENT)
        took.append(time.monotonic() - began)
    assert min(took) < 0.05


def test_a_finished_program_with_exit_code_0_is_what_was_required() -> None:
    done = Finished(("x",), 0, "", "", ())
    assert done is done.require("`x`")


def test_killing_does_not_wait_for_the_grace_of_a_program_that_is_late(tmp_path: Path) -> None:
    door, asked = Door(), tmp_path / "asked"
    stubborn = f"trap 'echo $$ > {asked}.new; mv {asked}.new {asked}' TERM; while :; do sleep 0.05; done"
    ended: list[BaseException] = []

    def run() -> None:
        try:
            door.processes.run((*SH, stubborn), env=ENVIRONMENT, timeout=0.3)
        except StepFailedError as error:
            ended.append(error)

    late = threading.Thread(target=run)
    late.start()
    while not asked.exists():
        time.sleep(0.01)
    door.processes.kill()
    assert wait_until_dead(int(asked.read_text()), seconds=1)
    late.join()
    assert [ProcessTimeoutError] == [type(error) for error in ended]
    with pytest.raises(RunCancelledError):
        door.processes.run(("true",), env=ENVIRONMENT)
