"""A guarded program ends with whoever started it."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from stagecraft.runtime.ssh_guard import Guarded

ENVIRONMENT = {"PATH": os.environ["PATH"]}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "private"
    made.mkdir()
    return made


def ended(pid: int) -> bool:
    state = subprocess.run(("ps", "-o", "stat=", "-p", str(pid)), capture_output=True, text=True, check=False)
    return not state.stdout.strip() or state.stdout.startswith("Z")


def wait_until_ended(pid: int) -> None:
    deadline = time.monotonic() + 60
    while not ended(pid):
        assert time.monotonic() < deadline, "it goes on"
        time.sleep(0.02)


def read_number(process: Guarded) -> int:
    return int(os.read(process.output, 100))


def test_the_program_reads_what_is_written_and_its_output_comes_back(folder: Path) -> None:
    process = Guarded(("cat",), environment=ENVIRONMENT, folder=folder)
    process.write("hello\n")
    assert b"hello\n" == os.read(process.output, 100)
    process.end()
    process.release()


def test_the_end_takes_grandchildren_and_the_folder(folder: Path) -> None:
    process = Guarded(("sh", "-c", "sleep 60 & echo $!; wait"), environment=ENVIRONMENT, folder=folder)
    grandchild = read_number(process)
    process.end()
    process.end()
    process.release()
    wait_until_ended(grandchild)
    assert not folder.exists()


def test_the_end_of_the_program_is_the_end_of_its_output(folder: Path) -> None:
    process = Guarded(("sh", "-c", "echo sorry >&2"), environment=ENVIRONMENT, folder=folder)
    assert (b"", "sorry\n") == (os.read(process.output, 100), process.log())
    process.end()
    process.release()


def test_a_program_that_ended_takes_input_without_a_word(folder: Path) -> None:
    process = Guarded(("true",), environment=ENVIRONMENT, folder=folder)
    os.read(process.output, 100)
    process.write("x" * 1000)
    process.end()
    process.release()
    process.write("x")


def test_a_killed_owner_takes_the_program_along_although_its_other_children_live(
    folder: Path, tmp_path: Path
) -> None:
    owner = tmp_path / "owner.py"
    owner.write_text(
        "import os, subprocess, sys, time\n"
        "from pathlib import Path\n"
        "from stagecraft.runtime.ssh_guard import Guarded\n"
        "command = ('sh', '-c', 'echo $$; exec sleep 60')\n"
        "process = Guarded(command, environment=os.environ, folder=Path(sys.argv[1]))\n"
        "other = subprocess.Popen(('sleep', '30'), start_new_session=True, stdout=subprocess.DEVNULL)\n"
        "print(int(os.read(process.output, 100)), other.pid, flush=True)\n"
        "time.sleep(60)\n",
        encoding="utf-8",
    )
    environment = ENVIRONMENT | {"PYTHONPATH": str(Path(__file__).resolve().parents[2])}
    with subprocess.Popen(
        (sys.executable, str(owner), str(folder)), env=environment, stdout=subprocess.PIPE, text=True
    ) as client:
        assert client.stdout is not None
        guarded, other = map(int, client.stdout.readline().split())
        try:
            client.kill()
            wait_until_ended(guarded)
            assert not ended(other)
        finally:
            os.kill(other, signal.SIGKILL)
    assert not folder.exists()


def test_the_guard_holds_a_descriptor_it_is_given_until_the_program_ended(folder: Path) -> None:
    reading, writing = os.pipe()
    process = Guarded(("cat",), environment=ENVIRONMENT, folder=folder, descriptors=(writing,))
    os.close(writing)
    os.set_blocking(reading, False)
    with pytest.raises(BlockingIOError):
        os.read(reading, 1)
    process.end()
    process.release()
    os.set_blocking(reading, True)
    assert b"" == os.read(reading, 1)
    os.close(reading)
