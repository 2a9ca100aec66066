"""A program that has the caller's terminal to itself: the one kind that is not captured."""

import subprocess
from collections.abc import Mapping, Sequence

from stagecraft.errors import UnavailableError

_GRACE = 2.0
"""Seconds between TERM and KILL, when the caller is interrupted."""


def foreground(argv: Sequence[str], environment: Mapping[str, str]) -> int:
    """Run a program with our standard streams; return its exit code, 128 + the signal that ended it.

    Raises UnavailableError if it is not there.
    """
    try:
        program = subprocess.Popen(argv, env=dict(environment))
    except OSError as error:
        raise UnavailableError(f"program `{argv[0]}` cannot be run: {error.strerror}") from None
    try:
        code = program.wait()
    except BaseException:
        program.terminate()
        try:
            program.wait(_GRACE)
        except subprocess.TimeoutExpired:
            program.kill()
            program.wait()
        raise
    return code if code >= 0 else 128 - code
