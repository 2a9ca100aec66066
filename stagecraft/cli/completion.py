"""`stagecraft completion`: what a shell needs to complete command lines (spec/commands/completion.md)."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from stagecraft.cli.invocation import Invocation, invocation
from stagecraft.cli.tree import examples, group

completion = group(
    "Print what lets Tab complete what you type.",
    example="stagecraft completion bash > ~/.local/share/bash-completion/completions/stagecraft",
)

_PROPOSE = ("completion", "propose", "--")
BASH = """\
_stagecraft() {
    local word rest
    COMPREPLY=()
    while IFS=$'\\t' read -r word rest; do
        COMPREPLY+=("$word")
    done < <("${COMP_WORDS[0]}" completion propose -- "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
    if [[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == *= ]]; then
        compopt -o nospace 2>/dev/null
    fi
}
complete -o default -F _stagecraft stagecraft
"""
ZSH = """\
#compdef stagecraft
_stagecraft() {
    local value text
    local -a values shown
    while IFS=$'\\t' read -r value text; do
        values+=("$value")
        shown+=("$value${text:+  -- $text}")
    done < <("${words[1]}" completion propose -- "${(@)words[2,CURRENT]}" 2>/dev/null)
    if (( ${#values} )); then
        compadd -l -d shown -a values
    else
        _files
    fi
}
if [[ "${funcstack[1]}" == _stagecraft ]]; then
    _stagecraft "$@"
else
    compdef _stagecraft stagecraft
fi
"""
FISH = """\
function __stagecraft_propose
    set -l before (commandline --tokenize --current-process --cut-at-cursor)
    set -l current (commandline --current-token --cut-at-cursor)
    set -l found ($before[1] completion propose -- $before[2..-1] "$current" 2>/dev/null)
    if test (count $found) -gt 0
        printf '%s\\n' $found
    else
        __fish_complete_path "$current"
    end
end
complete --command stagecraft --no-files --arguments '(__stagecraft_propose)'
"""


@completion.command(
    epilog=examples("stagecraft completion bash > ~/.local/share/bash-completion/completions/stagecraft")
)
def bash(context: typer.Context) -> None:
    """Print the script for bash."""
    invocation(context).terminal.data(BASH)


@completion.command(epilog=examples("stagecraft completion zsh > ~/.zfunc/_stagecraft"))
def zsh(context: typer.Context) -> None:
    """Print the script for zsh."""
    invocation(context).terminal.data(ZSH)


@completion.command(
    epilog=examples("stagecraft completion fish > ~/.config/fish/completions/stagecraft.fish")
)
def fish(context: typer.Context) -> None:
    """Print the script for fish."""
    invocation(context).terminal.data(FISH)


@completion.command(epilog=examples("stagecraft completion propose -- deploy --en"))
def propose(
    context: typer.Context,
    *,
    words: Annotated[
        list[str] | None,
        typer.Argument(metavar="WORD...", help="What is typed so far; the last may be empty."),
    ] = None,
) -> None:
    """Print what the last word can become. One a line; the scripts call it."""
    answer(context.find_root().command, words or (), invocation(context))


def asked(arguments: Sequence[str]) -> Sequence[str] | None:
    """Return the words after `completion propose --`, or None if something else was typed.

    The command line knows it too; but parsing costs more than the answer, and somebody has just pressed Tab.
    """
    return arguments[len(_PROPOSE) :] if tuple(arguments[: len(_PROPOSE)]) == _PROPOSE else None


def answer(root: Any, words: Sequence[str], call: Invocation) -> None:
    """Print what the last of the words can become."""
    from stagecraft.cli.proposals import proposals, reached

    *before, last = words or [""]
    place = reached(root, before)
    config, store = (place.typed.get(name) for name in ("config", "store"))
    call = call.given(Path(config) if config else None, Path(store) if store else None)
    found = proposals(place, last, call.use_cases().names)
    lines = (f"{word}\t{text}\n" if text else f"{word}\n" for word, text in found)
    call.terminal.data("".join(lines))
