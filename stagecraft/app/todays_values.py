"""The secrets and files read at the moment of use: whether they are there, and what of them to hide."""

import json
import os
from collections.abc import Mapping

from stagecraft.app.look import Look
from stagecraft.compose import public
from stagecraft.compose.use import inputs_of
from stagecraft.errors import UnavailableError
from stagecraft.runtime.secrets import resolve


class TodaysValues:
    """What a release reads today; `values` are the secrets once `secrets` found them all."""

    def __init__(self, look: Look) -> None:
        self._look = look
        self.values: dict[str, str] = {}

    def secrets(self) -> list[str]:
        """Resolve the secrets the plan needs; return what is missing."""
        look = self._look
        project = look.here.loaded.project
        try:
            self.values = resolve(
                project.secrets, look.plan.secrets, look.where.environ, look.here.folder, look.hands.processes
            )
        except UnavailableError as missing:
            look.hints.append(missing.hint)
            return [missing.message]
        return []

    def files(self) -> list[str]:
        """Return which files that are read at the moment of use are not there."""
        inputs = [one for text in self._look.plan.texts.values() for one in inputs_of(text).values()]
        needed = {file.path for one in inputs for file in one.env_files if file.required}
        needed |= {path for one in inputs for path in one.secret_files}
        folder = self._look.here.folder
        return [f"`{path}` is not there" for path in sorted(needed) if not (folder / path).is_file()]

    def mask(self) -> None:
        """Teach the redactor what `env_file`s and secret files supply: secret too, whatever it is."""
        redactor, folder = self._look.hands.redactor, self._look.here.folder
        for text in self._look.plan.texts.values():
            inputs = inputs_of(text).values()
            if any(one.env_files for one in inputs):
                redactor.add(public.hidden(text, self._resolved(text)))
            for path in {path for one in inputs for path in one.secret_files}:
                content = (folder / path).read_text(encoding="utf-8", errors="replace").strip()
                redactor.add({os.path.basename(path): content})  # noqa: PTH119 - a name, no path

    def _resolved(self, text: str) -> Mapping[str, object]:
        """Return what Compose makes of a text with today's values; stays in memory."""
        look = self._look
        values = {**look.plan.variables, **self.values, "STAGECRAFT_FILES": "/"}
        command = ("compose", f"--project-directory={look.here.folder}", f"--env-file={os.devnull}")
        finished = look.hands.docker.run(
            (*command, "--file=-", "config", "--format=json"),
            values=values,
            cwd=look.here.folder,
            stdin=text,
        )
        if finished.code != 0:
            raise UnavailableError(
                "Compose cannot read the values of the `env_file`s: " + " ".join(finished.tail[-1:]),
                hint="check the files that the plan says are read at the moment of use",
            )
        resolved: Mapping[str, object] = json.loads(finished.stdout)
        return resolved
