"""What OpenSSH's words become. The words themselves are held against a real sshd in tests/e2e/test_ssh.py."""

import pytest

from stagecraft.runtime.ssh_command import Target
from stagecraft.runtime.ssh_errors import unreachable

TARGET = Target("web-1", "deploy@web-1")


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ("", "web-1: it cannot be reached"),
        (
            "ssh: connect to host 10.0.0.1 port 22: Connection timed out\n",
            "web-1: it cannot be reached: `ssh: connect to host 10.0.0.1 port 22: Connection timed out`",
        ),
        (
            "banner\ndeploy@web-1: Permission denied (publickey).\r\n",
            "web-1: it refused the login: `deploy@web-1: Permission denied (publickey).`",
        ),
        (
            "No ED25519 host key is known for web-1.\nHost key verification failed.\n",
            "web-1: its host key is not known here: `Host key verification failed.`",
        ),
        (
            "@ WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED! @\nHost key verification failed.\n",
            "web-1: its host key is not the one in known_hosts: `Host key verification failed.`",
        ),
        (
            "ssh: Could not resolve hostname web-1: Name not known\n",
            "web-1: its name is not known: `ssh: Could not resolve hostname web-1: Name not known`",
        ),
    ],
)
def test_the_error_says_what_happened_in_our_words_and_openssh_s(said: str, message: str) -> None:
    error = unreachable(TARGET, said)
    assert (message, 3) == (str(error), error.exit_code)
    assert error.hint


def test_a_hostile_host_cannot_steer_the_terminal() -> None:
    assert "web-1: it cannot be reached: `?[31mred?`" == str(unreachable(TARGET, "\x1b[31mred\x07\n"))
