"""Who holds an environment's lock."""

from datetime import datetime

from stagecraft.model.frozen import Frozen


class Holder(Frozen):
    """Who holds the lock; information for people, never a basis for a decision."""

    actor: str
    """user@host, or `STAGECRAFT_ACTOR`."""
    pid: int
    since: datetime
    """UTC."""
    release: str = ""
    """The release the run has created, once it has; empty before that."""
    phase: str = ""
    """The phase that runs, if one does."""

    def describe(self) -> str:
        """Return who it is and what the run does, as a person would say it."""
        release = f", release `{self.release}`" if self.release else ""
        phase = f", phase `{self.phase}`" if self.phase else ""
        return f"{self.actor} (pid {self.pid}), since {self.since:%Y-%m-%dT%H:%M:%SZ}{release}{phase}"
