"""Questions to an engine at its socket, over a real one that answers as it is told."""

import json
import socket
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from stagecraft.model.events import Command, CommandFinished
from stagecraft.runtime.about_host import AboutHost
from stagecraft.runtime.engine_api import TOGETHER, Reply, ask
from stagecraft.runtime.process import ProcessTimeoutError, RunCancelledError
from tests.runtime.doors import Door


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder whose name leaves room in the 107 bytes that a socket's path may have."""
    with tempfile.TemporaryDirectory(prefix="sc-") as made:
        yield Path(made)


@contextmanager
def listening(folder: Path, answers: Mapping[str, bytes | None]) -> Iterator[Path]:
    """A socket that answers by path, in pieces; None: never."""
    at, over = folder / "h.sock", threading.Event()
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(at))
        server.listen(TOGETHER)
        server.settimeout(0.02)

        def serve(line: socket.socket) -> None:
            with line:
                line.settimeout(5)
                answer = answers.get(line.recv(4096).split()[1].decode(), b"")
                if answer is None:
                    over.wait(10)
                for start in range(0, len(answer or b""), 30_000):
                    line.sendall((answer or b"")[start : start + 30_000])

        def accept() -> None:
            while not over.is_set():
                try:
                    line, _ = server.accept()
                except TimeoutError:
                    continue
                threads.append(threading.Thread(target=serve, args=(line,)))
                threads[-1].start()

        threads = [threading.Thread(target=accept)]
        threads[0].start()
        try:
            yield at
        finally:
            over.set()
            for thread in threads:
                thread.join(10)


def http(status: int, body: str) -> bytes:
    return f"HTTP/1.0 {status} Whatever\r\nContent-Type: application/json\r\n\r\n{body}".encode()


def quiet() -> None:
    """Never raise."""


def test_replies_come_back_in_the_order_of_the_questions(folder: Path) -> None:
    answers = {
        "/a": http(200, '{"is": "é"}'),
        "/b": http(404, '{"message": "no such b"}'),
        "/c": http(200, "[]\n"),
    }

    with listening(folder, answers) as at:
        replies = ask(at, ["/c", "/a", "/b"], quiet)

    assert (Reply(200, []), Reply(200, {"is": "é"}), Reply(404, {"message": "no such b"})) == replies
    assert ["", "", "no such b"] == [reply.message for reply in replies]


def test_a_long_reply_and_many_questions_are_read_to_the_end(folder: Path) -> None:
    long = ["x" * 1000] * 500
    answers = {f"/{number}": http(200, json.dumps([number, long])) for number in range(TOGETHER + 3)}

    with listening(folder, answers) as at:
        replies = ask(at, list(answers), quiet)

    assert [[number, long] for number in range(TOGETHER + 3)] == [reply.content for reply in replies]


@pytest.mark.parametrize(
    "answer", [b"", b"HTTP/1.0", http(200, ""), http(200, '[{"Id": "c1"}, {"Id'), b"x" * 50]
)
def test_a_reply_that_is_cut_off_is_none(folder: Path, answer: bytes) -> None:
    with listening(folder, {"/a": answer}) as at, pytest.raises(OSError, match="closed in the middle"):
        ask(at, ["/a"], quiet)


def test_where_nobody_listens_is_an_error(folder: Path) -> None:
    with pytest.raises(FileNotFoundError):
        ask(folder / "none.sock", ["/a"], quiet)


def test_a_question_is_told_with_its_host_as_a_program_is(folder: Path) -> None:
    door = Door({"KEY": "c4nary"})

    with listening(folder, {"/a": http(200, "1"), "/c4nary": http(200, "2")}) as at:
        AboutHost(door.processes, "web-1").ask(at, ["/a", "/c4nary"], deadline=door.clock.monotonic() + 5)

    begin, end = door.events
    assert isinstance(begin, Command)
    assert isinstance(end, CommandFinished)
    assert ("GET /a '/***KEY***'", "web-1") == (begin.line, begin.host)
    assert (begin.line, "web-1", 0) == (end.line, end.host, end.code)


def test_an_engine_that_never_answers_is_given_up_at_the_deadline(folder: Path) -> None:
    door = Door()

    with listening(folder, {"/a": None}) as at, pytest.raises(ProcessTimeoutError):
        door.processes.ask(at, ["/a"], deadline=door.clock.monotonic() + 0.1)

    assert [None] == [end.code for end in door.ends]


def test_a_run_that_is_cancelled_waits_for_no_answer(folder: Path) -> None:
    door = Door()

    with listening(folder, {"/a": None}) as at:
        timer = threading.Timer(0.1, door.processes.cancel)
        timer.start()
        began = time.monotonic()
        with pytest.raises(RunCancelledError):
            door.processes.ask(at, ["/a"], deadline=door.clock.monotonic() + 60)
        timer.join()

    assert time.monotonic() - began < 5
    with pytest.raises(RunCancelledError):
        door.processes.ask(folder / "none.sock", ["/a"], deadline=door.clock.monotonic() + 60)
