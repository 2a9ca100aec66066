"""The command line of a session."""

import pytest

from stagecraft.errors import ConfigError
from stagecraft.runtime.ssh_command import SHELL, Reverse, Target, ssh_command


@pytest.mark.parametrize("ssh", ["web-1", "deploy@web-1.example.com", "ssh://deploy@10.0.0.12:2222"])
def test_the_destination_goes_to_openssh_as_it_is(ssh: str) -> None:
    assert ("--", ssh, SHELL) == ssh_command(Target("web-1", ssh), "/tmp/sc-1/h.sock")[-3:]


@pytest.mark.parametrize("ssh", ["", "-oProxyCommand=evil", "host; evil", "two words", "a\nb"])
def test_what_is_no_destination_is_refused_with_the_host_it_stands_for(ssh: str) -> None:
    with pytest.raises(ConfigError) as refused:
        ssh_command(Target("web-1", ssh), "/tmp/sc-1/h.sock")
    assert f"web-1: `{ssh}` is not an SSH destination" == str(refused.value)


def test_host_keys_are_verified_and_no_connection_is_shared() -> None:
    command = " ".join(ssh_command(Target("web-1", "web-1"), "/tmp/sc-1/h.sock"))
    for option in (
        "StrictHostKeyChecking=yes",
        "BatchMode=yes",
        "ControlMaster=no",
        "ControlPath=none",
        "ExitOnForwardFailure=yes",
        "ServerAliveInterval=5",
        "ForwardAgent=no",
    ):
        assert f"-o {option} " in command


def test_the_engine_of_the_configuration_is_forwarded() -> None:
    target = Target("web-1", "web-1", "/run/user/1000/docker.sock")
    command = ssh_command(target, "/tmp/sc-1/h.sock")
    assert "/tmp/sc-1/h.sock:/run/user/1000/docker.sock" == command[command.index("-L") + 1]
    assert "-R" not in command


def test_a_local_registry_is_forwarded_backwards_to_loopback_only() -> None:
    command = ssh_command(Target("web-1", "web-1"), "/tmp/sc-1/h.sock", Reverse(5055, "127.0.0.1:40000"))
    assert "127.0.0.1:5055:127.0.0.1:40000" == command[command.index("-R") + 1]


def test_every_login_shell_reads_the_command_alike() -> None:
    inner = SHELL.removeprefix("sh -c '").removesuffix("'")
    assert not set(inner) & set("'\"\\!\n$`{}[]*?~#")
