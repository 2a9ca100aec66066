"""What a host says, as values."""

import pytest

from stagecraft.runtime.ssh_facts import EngineSocket, HostFacts, Listener, parse_facts

LINES = """\
hello 1
user deploy
system Linux
architecture x86_64
clock 1700000010
engine usable
disk Available Mounted on
disk 1000 /
disk 20 /var/lib/docker
disk 7 /mnt/with space
port tcp 0100007F:1F90
port tcp6 00000000000000000000000000000000:0016
port tcp6 B80D01200000000000000000010000FF:01BB
port udp 00000000:0044
""".splitlines()


@pytest.fixture
def facts() -> HostFacts:
    return parse_facts(LINES, now=1700000004.5)


def test_the_single_facts_are_read(facts: HostFacts) -> None:
    assert ("deploy", "Linux", "x86_64", EngineSocket.USABLE) == (
        facts.user,
        facts.system,
        facts.architecture,
        facts.engine,
    )


def test_the_clock_is_compared_with_ours(facts: HostFacts) -> None:
    assert 5.5 == facts.clock_ahead


def test_ports_are_decoded_as_the_kernel_prints_them(facts: HostFacts) -> None:
    assert (
        Listener(protocol="tcp", address="127.0.0.1", port=8080),
        Listener(protocol="tcp", address="::", port=22),
        Listener(protocol="tcp", address="2001:db8::ff00:1", port=443),
        Listener(protocol="udp", address="0.0.0.0", port=68),
    ) == facts.listeners


@pytest.mark.parametrize(
    ("folder", "free"),
    [
        ("/var/lib/docker", 20 * 1024),
        ("/var/lib/docker/overlay2", 20 * 1024),
        ("/var/lib/dockery", 1000 * 1024),
        ("/mnt/with space/x", 7 * 1024),
    ],
)
def test_free_space_is_that_of_the_file_system_that_holds_a_folder(
    facts: HostFacts, folder: str, free: int
) -> None:
    assert free == facts.free_at(folder)


def test_unknown_free_space_is_none() -> None:
    lines = [line for line in LINES if not line.startswith("disk")]
    assert parse_facts(lines, now=0).free_at("/var/lib/docker") is None


@pytest.mark.parametrize("missing", ["user", "clock", "engine"])
def test_a_missing_fact_is_an_error(missing: str) -> None:
    with pytest.raises(KeyError, match=missing):
        parse_facts([line for line in LINES if not line.startswith(missing)], now=0)
