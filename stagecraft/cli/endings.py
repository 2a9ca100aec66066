"""Every way a command ends: what is said on standard error, and the exit code (spec/exit-codes.md)."""

from collections.abc import Callable

import typer

from stagecraft.cli.render.errors import error_text
from stagecraft.cli.render.internal import internal_text
from stagecraft.cli.terminal import LostOutputError, Terminal
from stagecraft.cli.tree import TYPED, UsageError
from stagecraft.errors import ConfigError, InterruptedRunError, StagecraftError, UnavailableError

CLOSED_PIPE = 141
"""What a program ended by SIGPIPE gives: 128 + 13."""


def _unheard(_: StagecraftError) -> None:
    """Take an error nobody else waits for."""


def ended(
    terminal: Terminal,
    command: Callable[[], object],
    failed: Callable[[StagecraftError], None] = _unheard,
) -> int:
    """Run the command; say how it ended badly, if it did, also to `failed`; return the exit code."""
    try:
        code = command()
    except StagecraftError as error:
        _say(terminal, error)
        failed(error)
        return exit_code(error)
    except LostOutputError as lost:
        return _lost(terminal, lost)
    except (typer.Abort, KeyboardInterrupt):
        return 130
    except UsageError as error:
        _say(terminal, usage(error))
        failed(usage(error))
        return ConfigError.exit_code
    except Exception as error:  # noqa: BLE001  the last net: a bug is told in one line, not in a traceback
        terminal.tell(internal_text(error), "error")
        return StagecraftError.exit_code
    return code if isinstance(code, int) else 0


def exit_code(error: StagecraftError) -> int:
    """Return the exit code of an error: that of its class, or 128 + the signal that ended the run."""
    return 128 + error.signal if isinstance(error, InterruptedRunError) else error.exit_code


def usage(error: BaseException) -> ConfigError:
    """Return typer's usage error in our words."""
    message = str(getattr(error, "format_message", error.__str__)()).strip().removesuffix(".")
    message = message.replace(": Value error, ", ": ")  # what pydantic, which typer asks, puts before it
    context = getattr(error, "ctx", None)
    path = context.command_path if context else getattr(error, TYPED, "stagecraft")
    return ConfigError(message[:1].lower() + message[1:], hint=f"`{path} --help` lists what can be typed")


def _lost(terminal: Terminal, lost: LostOutputError) -> int:
    if lost.closed:
        return CLOSED_PIPE
    error = UnavailableError(f"cannot write the output: {lost}", hint="make room, or send it somewhere else")
    _say(terminal, error)
    return error.exit_code


def _say(terminal: Terminal, error: StagecraftError) -> None:
    if terminal.records:
        terminal.line(terminal.records.error(error, exit_code(error)))
    else:
        terminal.tell(error_text(error))
