"""GitHub Actions: step summary, outputs and annotations (spec/ci.md).

Formats: "Workflow commands for GitHub Actions" in GitHub's documentation. What the runner really reads is in
`ActionCommand.cs` and `ScriptHandler.cs` of actions/runner: it takes commands from both streams, after
leading spaces.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from stagecraft.cli.annotations import Annotation, annotations
from stagecraft.cli.pipeline import Tell, outputs_of_plan, outputs_of_release
from stagecraft.errors import StagecraftError

if TYPE_CHECKING:
    from stagecraft.model.plan import Plan
    from stagecraft.model.release import Release

_DATA = {"%": "%25", "\r": "%0D", "\n": "%0A"}
_PROPERTY = {**_DATA, ":": "%3A", ",": "%2C"}


class GitHub:
    """Writes the files the runner names, and annotations to standard error."""

    def __init__(self, environ: Mapping[str, str], folder: Path, tell: Tell, token: str) -> None:
        """`token` ends the time in which the runner obeys no line: what programs write is no command."""
        self._environ = environ
        self._folder = folder
        self._tell = tell
        self._token = token

    def begin(self) -> None:
        """Ask the runner to obey no line until the token is seen."""
        self._tell(f"::stop-commands::{self._token}")

    def end(self, error: StagecraftError | None) -> None:
        """Let the runner obey again, and annotate what is wrong."""
        self._tell(f"::{self._token}::")
        if error is not None:
            root = Path(self._environ.get("GITHUB_WORKSPACE") or self._folder)
            for annotation in annotations(error, self._folder, root):
                self._tell(command(annotation))

    def planned(self, plan: "Plan") -> None:
        """Add the review to the step's summary."""
        from stagecraft.cli.render.plan_markdown import plan_markdown

        self._append("GITHUB_STEP_SUMMARY", plan_markdown(plan))
        self._outputs(outputs_of_plan(plan))

    def finished(self, release: "Release") -> None:
        """Add how the run ended to the step's summary."""
        from stagecraft.cli.render.release_markdown import release_markdown

        self._append("GITHUB_STEP_SUMMARY", release_markdown(release))
        self._outputs(outputs_of_release(release))

    def _outputs(self, values: Mapping[str, str]) -> None:
        self._append("GITHUB_OUTPUT", "".join(f"{name}={value}\n" for name, value in values.items()))

    def _append(self, variable: str, text: str) -> None:
        if not (name := self._environ.get(variable)):
            return
        try:
            with Path(name).open("a", encoding="utf-8") as file:
                file.write(text)
        except OSError as error:
            self._tell(f"note: `{variable}` cannot be written: {error.strerror}")


def command(annotation: Annotation) -> str:
    """Return the line that makes an annotation."""
    properties = {"title": "Stagecraft"}
    if annotation.file:
        properties = {"file": annotation.file, "line": str(annotation.line), **properties}
    listed = ",".join(f"{name}={_escaped(value, _PROPERTY)}" for name, value in properties.items())
    return f"::error {listed}::{_escaped(annotation.text, _DATA)}"


def _escaped(text: str, table: Mapping[str, str]) -> str:
    return "".join(table.get(character, character) for character in text)
