"""What the lines of a builder, a push or a pull say about how far it is."""

import re
from dataclasses import dataclass, field

_STEP = re.compile(r"#\d+ \[(?P<target>[^\s\]]+)(?: (?P<stage>[^\]]*?))?\] (?P<what>.*)")
"""BuildKit with `--progress plain` under bake: `#7 [web 4/7] RUN ...`, `#9 [web builder 1/2] ...`,
`#4 [web internal] load build context`, `#13 [web] exporting to image`."""

_NO_TARGETS = ("internal", "auth")
"""What stands there alone when a step is about no target: `#1 [internal] load local bake definitions`."""

_COUNT = re.compile(r"(?:(?P<stage>.*) )?(?P<number>\d+/\d+)")
_LAYER = re.compile(r"(?P<layer>[0-9a-f]{12}): (?P<status>.+)")
_DONE = ("Pushed", "Layer already exists", "Mounted from", "Pull complete", "Already exists")


def built(line: str) -> tuple[str, str] | None:
    """Return which target a line of the builder begins a step of, and what; None if it begins none."""
    match = _STEP.fullmatch(line)
    if match is None or (match["target"] in _NO_TARGETS and not match["stage"]):
        return None
    count = _COUNT.fullmatch(match["stage"] or "")
    if count is None:
        return match["target"], match["what"]
    stage = f" of {count['stage']}" if count["stage"] else ""
    return match["target"], f"layer {count['number']}{stage}: {match['what']}"


@dataclass
class Layers:
    """How many layers a push or a pull has moved."""

    known: dict[str, bool] = field(default_factory=dict)

    def take(self, line: str) -> str:
        """Take a line in; return how far it is, or the line itself if it is about something else."""
        match = _LAYER.fullmatch(line)
        if match is None:
            return line
        self.known[match["layer"]] = match["status"].startswith(_DONE)
        return f"{sum(self.known.values())} of {len(self.known)} layers"
