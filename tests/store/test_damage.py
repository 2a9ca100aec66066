"""T8: every file damaged in every way: one copy is recovered in full, two are named and confined (I11)."""

import hashlib
import random
from collections.abc import Callable
from pathlib import Path

import pytest

from stagecraft.errors import StoreError
from stagecraft.model.release import Release
from stagecraft.store.codec import DamagedError, decode, encode
from stagecraft.store.file import FileStore
from tests.fakes import FakeClock
from tests.store.transitions import ENVIRONMENT, FRESH, HOLDER, deploy_at_once

COPIES = ("releases", "backup")
RANDOM = random.Random(8)

DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda raw: b"",
    "zeros": lambda raw: bytes(len(raw)),
    "half": lambda raw: raw[: len(raw) // 2],
    "without the last byte": lambda raw: raw[:-1],
    "with a byte more": lambda raw: raw + b"\n",
    "a bit flipped": lambda raw: raw[:200] + bytes([raw[200] ^ 1]) + raw[201:],
    "junk": lambda raw: RANDOM.randbytes(len(raw)),
    "a byte order mark": lambda raw: b"\xef\xbb\xbf" + raw,
    "CRLF": lambda raw: raw.replace(b"\n", b"\r\n"),
    "another checksum": lambda raw: raw.replace(b"sha256:", b"sha256:0", 1),
    "without its checksum": lambda raw: b"{\n" + raw.split(b"\n", 2)[2],
    "another status": lambda raw: raw.replace(b'"completed"', b'"failed"'),
    "zeros inside": lambda raw: raw[:512] + bytes(512) + raw[1024:],
    "valid JSON": lambda raw: b"{}\n",
    "old blocks at its end": lambda raw: raw[:4096] + raw[: len(raw) - 4096],
}


def path(root: Path, copy: str, number: int) -> Path:
    return root / ENVIRONMENT / copy / f"{number:06d}.json"


@pytest.fixture
def three(files: FileStore) -> list[Release]:
    return [deploy_at_once(files) for _ in range(3)]


@pytest.mark.parametrize("copy", COPIES)
@pytest.mark.parametrize("damage", DAMAGES)
def test_one_damaged_copy_is_recovered_in_full(
    files: FileStore, root: Path, three: list[Release], damage: str, copy: str
) -> None:
    target = path(root, copy, 3)
    intact = target.read_bytes()
    target.write_bytes(DAMAGES[damage](intact))
    assert three == [files.read(ENVIRONMENT, number) for number in (1, 2, 3)]
    assert [3, 2, 1] == [header.number for header in files.headers(ENVIRONMENT)]
    assert 1 == len(files.verify(ENVIRONMENT))
    with files.lock(ENVIRONMENT, HOLDER):
        pass
    assert intact == target.read_bytes()
    assert () == tuple(files.verify(ENVIRONMENT))


@pytest.mark.parametrize("copy", COPIES)
def test_one_deleted_copy_is_recovered_in_full(
    files: FileStore, root: Path, three: list[Release], copy: str
) -> None:
    target = path(root, copy, 3)
    intact = target.read_bytes()
    target.unlink()
    assert three[2] == files.read(ENVIRONMENT, 3)
    with files.lock(ENVIRONMENT, HOLDER):
        pass
    assert intact == target.read_bytes()


@pytest.mark.parametrize("damage", DAMAGES)
def test_two_damaged_copies_are_named_and_harm_no_other_release(
    files: FileStore, root: Path, three: list[Release], damage: str
) -> None:
    for copy in COPIES:
        target = path(root, copy, 3)
        target.write_bytes(DAMAGES[damage](target.read_bytes()))
    with pytest.raises(StoreError) as lost:
        files.read(ENVIRONMENT, 3)
    assert all(str(path(root, copy, 3)) in lost.value.message for copy in COPIES)
    assert [2, 1] == [header.number for header in files.headers(ENVIRONMENT)]
    told: list[str] = []
    with FileStore(root, FakeClock(), notice=told.append).lock(ENVIRONMENT, HOLDER):
        pass
    assert 1 == len(told)
    assert told[0].startswith("both copies of `demo-3` are damaged and moved aside: ")
    assert ["`demo-3` is lost: both copies were damaged and moved aside"] == list(files.verify(ENVIRONMENT))
    assert all(path(root, copy, 3).with_name("000003.json.damaged").exists() for copy in COPIES)
    assert [2, 1] == [header.number for header in files.headers(ENVIRONMENT)]
    assert three[:2] == [files.read(ENVIRONMENT, number) for number in (1, 2)]
    assert 4 == deploy_at_once(files).number


def test_two_records_that_were_swapped_are_both_recovered(
    files: FileStore, root: Path, three: list[Release]
) -> None:
    first, third = path(root, "releases", 1), path(root, "releases", 3)
    swapped = first.read_bytes(), third.read_bytes()
    third.write_bytes(swapped[0])
    first.write_bytes(swapped[1])
    assert three == [files.read(ENVIRONMENT, number) for number in (1, 2, 3)]
    assert "it is the record of `demo-1`" in files.verify(ENVIRONMENT)[1]


def test_a_record_of_another_environment_is_not_taken_for_ours(
    files: FileStore, root: Path, three: list[Release]
) -> None:
    with files.lock("staging", HOLDER) as session:
        session.create(FRESH.model_copy(update={"environment": "staging"}))
    ours = path(root, "releases", 1)
    ours.write_bytes((root / "staging" / "releases" / "000001.json").read_bytes())
    assert three[0] == files.read(ENVIRONMENT, 1)


def test_every_truncation_and_many_flipped_bits_are_noticed() -> None:
    raw = encode(FRESH.model_copy(update={"number": 1}), 1, "0" * 16)
    broken = [raw[:length] for length in range(len(raw))]
    broken += [raw[:at] + bytes([raw[at] ^ (1 << at % 8)]) + raw[at + 1 :] for at in range(len(raw))]
    for damaged in broken:
        with pytest.raises(DamagedError):
            decode(damaged, ENVIRONMENT, 1)
    assert 1 == decode(raw, ENVIRONMENT, 1).revision


def test_a_record_of_a_newer_version_is_no_damage(files: FileStore, root: Path, three: list[Release]) -> None:
    for copy in COPIES:
        target = path(root, copy, 3)
        plain = target.read_bytes().split(b"\n", 2)[2].replace(b'"schema": 1\n}\n', b'"schema": 2\n}\n')
        checksum = hashlib.sha256(b"{\n" + plain).hexdigest().encode()
        target.write_bytes(b'{\n  "checksum": "sha256:%s",\n' % checksum + plain)
    before = path(root, "releases", 3).read_bytes()
    for look in (
        lambda: files.read(ENVIRONMENT, 3),
        lambda: next(files.headers(ENVIRONMENT)),
        lambda: files.lock(ENVIRONMENT, HOLDER).__enter__(),
    ):
        with pytest.raises(StoreError, match="written by a newer Stagecraft"):
            look()
    assert before == path(root, "releases", 3).read_bytes()


def test_what_the_disk_does_not_give_is_not_moved_aside(
    files: FileStore, root: Path, three: list[Release]
) -> None:
    for copy in COPIES:  # a folder in its place: reading it is an I/O error, not wrong bytes
        path(root, copy, 3).unlink()
        path(root, copy, 3).mkdir()
    with pytest.raises(StoreError, match="both copies of `demo-3`"), files.lock(ENVIRONMENT, HOLDER):
        pass
    assert [2, 1] == [header.number for header in files.headers(ENVIRONMENT)]


def test_a_damaged_lock_file_changes_nothing(files: FileStore, root: Path, three: list[Release]) -> None:
    (root / ENVIRONMENT / "lock").write_bytes(b"\xff\x00 nonsense")
    assert files.holder(ENVIRONMENT) is None
    assert 4 == deploy_at_once(files).number


def test_a_gap_in_the_numbers_is_a_problem(files: FileStore, root: Path, three: list[Release]) -> None:
    for copy in COPIES:
        path(root, copy, 2).unlink()
    assert ["`demo-2` is missing"] == list(files.verify(ENVIRONMENT))


def test_copies_that_differ_are_a_problem(files: FileStore, root: Path, three: list[Release]) -> None:
    path(root, "backup", 1).write_bytes(encode(three[0], 9, "0" * 16))
    (problem,) = files.verify(ENVIRONMENT)
    assert problem.endswith("differ")


def test_only_what_a_rollback_may_need_is_healed_and_the_rest_is_verified(
    files: FileStore, root: Path, three: list[Release]
) -> None:
    path(root, "backup", 1).unlink()
    with files.lock(ENVIRONMENT, HOLDER):
        pass
    assert 1 == len(files.verify(ENVIRONMENT))
    path(root, "backup", 2).unlink()
    with files.lock(ENVIRONMENT, HOLDER):
        pass
    assert path(root, "backup", 2).exists()
