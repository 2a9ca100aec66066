"""What a host's facts say about a release to it."""

import pytest

from stagecraft.app.host_checks import disk, foreign, same_machine, too_old
from stagecraft.runtime.ssh_facts import EngineSocket, HostFacts


def facts(machine: str = "boot 1:2", free: dict[str, int] | None = None) -> HostFacts:
    return HostFacts(
        user="ada",
        system="Linux",
        architecture="x86_64",
        clock_ahead=0,
        engine=EngineSocket.USABLE,
        free=free or {},
        listeners=(),
        machine=machine,
    )


@pytest.mark.parametrize(
    ("free", "expected"),
    [
        ({"/": 60_000_000}, ""),
        ({"/": 49_000_000}, "only 49 MB are free at `/var/lib/docker`, 50 MB are the least"),
        ({"/": 60_000_000, "/var": 0}, "only 0 MB are free at `/var/lib/docker`, 50 MB are the least"),
        ({}, ""),
    ],
)
def test_the_file_system_of_the_images_needs_room(free: dict[str, int], expected: str) -> None:
    assert expected == disk(facts(free=free), "/var/lib/docker")


def test_two_names_for_one_machine_are_told() -> None:
    hosts = {"b": facts(), "a": facts(), "c": facts("boot 1:3"), "d": facts(""), "e": facts("")}
    assert ("`a` and `b` are the same machine",) == same_machine(hosts)


def test_an_image_built_for_another_platform_is_told() -> None:
    told = "the image of `web` is built for `linux/amd64`, but the engine runs `linux/arm64`"
    assert (told,) == foreign({"web"}, "linux/amd64", "linux/arm64")
    assert () == foreign({"web"}, "linux/amd64", "linux/amd64") == foreign({"web"}, "", "linux/arm64")


@pytest.mark.parametrize(
    ("what", "version", "expected"),
    [
        ("engine", "19.03.15", ("engine 19.03.15 is too old: 20.10 is the oldest",)),
        ("engine", "20.10.24+dfsg1", ()),
        ("engine", "26.1.5", ()),
        ("engine", "dev", ()),
        ("Compose", "2.25.0", ("Compose 2.25.0 is too old: 2.26 is the oldest",)),
        ("Compose", "2.26.1-4", ()),
        ("Compose", "v5.0.0", ()),
    ],
)
def test_what_is_older_than_was_ever_tried_is_told(
    what: str, version: str, expected: tuple[str, ...]
) -> None:
    assert expected == too_old(what, version)
