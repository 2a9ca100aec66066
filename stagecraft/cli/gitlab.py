"""GitLab CI: a summary, a dotenv report and a code quality report, as files in one folder (spec/ci.md).

Formats: "GitLab CI/CD artifacts reports types" and "Code Quality" in GitLab's documentation.
"""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from stagecraft.cli.annotations import Annotation, annotations
from stagecraft.cli.pipeline import Tell, outputs_of_plan, outputs_of_release
from stagecraft.errors import StagecraftError

if TYPE_CHECKING:
    from stagecraft.model.plan import Plan
    from stagecraft.model.release import Release


class GitLab:
    """Writes into the folder that `STAGECRAFT_CI_FOLDER` names, which Git is told to ignore."""

    def __init__(self, environ: Mapping[str, str], folder: Path, tell: Tell) -> None:
        self._environ = environ
        self._folder = folder
        self._tell = tell

    def begin(self) -> None:
        """Do nothing: GitLab obeys no line of a log."""

    def end(self, error: StagecraftError | None) -> None:
        """Report what is wrong in files of the repository."""
        if error is None:
            return
        root = Path(self._environ.get("CI_PROJECT_DIR") or self._folder)
        found = annotations(error, self._folder, root)
        self._write("code-quality.json", json.dumps([_issue(one) for one in found if one.file]) + "\n")

    def planned(self, plan: "Plan") -> None:
        """Write the review."""
        from stagecraft.cli.render.plan_markdown import plan_markdown

        self._write("summary.md", plan_markdown(plan))
        self._outputs(outputs_of_plan(plan))

    def finished(self, release: "Release") -> None:
        """Write how the run ended."""
        from stagecraft.cli.render.release_markdown import release_markdown

        self._write("summary.md", release_markdown(release))
        self._outputs(outputs_of_release(release))

    def _outputs(self, values: Mapping[str, str]) -> None:
        names = {name: f"STAGECRAFT_{name.upper().replace('-', '_')}" for name in values}
        self._write("outputs.env", "".join(f"{names[name]}={value}\n" for name, value in values.items()))

    def _write(self, name: str, text: str) -> None:
        try:
            folder = self._folder_of_reports()
            (folder / name).write_text(text, encoding="utf-8")
        except OSError as error:
            self._tell(f"note: `{name}` cannot be written to `STAGECRAFT_CI_FOLDER`: {error.strerror}")

    def _folder_of_reports(self) -> Path:
        """Return the folder, made so that a version made from the working tree does not change."""
        folder = Path(self._environ["STAGECRAFT_CI_FOLDER"])
        folder.mkdir(parents=True, exist_ok=True)
        ignore = folder / ".gitignore"
        if not ignore.exists():
            ignore.write_text("*\n", encoding="utf-8")
        return folder


def _issue(annotation: Annotation) -> dict[str, object]:
    key = f"{annotation.file}\n{annotation.text}"
    return {
        "description": annotation.text,
        "check_name": "stagecraft",
        "fingerprint": hashlib.sha256(key.encode()).hexdigest(),
        "severity": "critical",
        "location": {"path": annotation.file, "lines": {"begin": annotation.line}},
    }
