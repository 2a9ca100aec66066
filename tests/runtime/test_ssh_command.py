"""The command line of a session."""

import pytest

from stagecraft.errors import ConfigError
from stagecraft.runtime.ssh_command import SHELL, Target, reverse_command, ssh_command


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


def test_a_session_of_its_own_can_be_asked_for_more_and_never_the_user_s() -> None:
    command = " ".join(ssh_command(Target("web-1", "web-1"), "/tmp/sc-1/h.sock", "/tmp/sc-1/c"))
    for option in ("ControlMaster=yes", "ControlPath=/tmp/sc-1/c", "ControlPersist=no"):
        assert f"-o {option} " in command
    assert "ControlPath=none" not in command


def test_a_port_is_led_back_from_loopback_to_loopback_and_no_other_forward_comes_along() -> None:
    command = reverse_command(Target("web-1", "ben@web-1"), "/tmp/sc-1/c", 5055)
    assert "127.0.0.1:5055:127.0.0.1:5055" == command[command.index("-R") + 1]
    assert "none" == command[command.index("-F") + 1]
    assert ("--", "ben@web-1") == command[-2:]


def test_every_login_shell_reads_the_command_alike() -> None:
    inner = SHELL.removeprefix("sh -c '").removesuffix("'")
    assert not set(inner) & set("'\"\\!\n$`{}[]*?~#")
