"""Looks at everything a release needs before a number is taken: every problem in one message."""

from collections.abc import Iterable

from stagecraft.app.builder_look import BuilderLook
from stagecraft.app.hands import Hands
from stagecraft.app.host_looks import HostLooks
from stagecraft.app.look import Look
from stagecraft.app.opened import Opened
from stagecraft.app.todays_values import TodaysValues
from stagecraft.app.where import Where
from stagecraft.errors import UnavailableError
from stagecraft.model.checked import Checked
from stagecraft.model.plan import Plan


class Preflight:
    """One look at the world on behalf of one plan."""

    def __init__(self, where: Where, here: Opened, hands: Hands, plan: Plan, *, whole: bool = False) -> None:
        """`whole`: look at everything on every host, also where nothing changes."""
        self._look = Look(where, here, hands, plan, whole)
        self._today = TodaysValues(self._look)
        self._building = BuilderLook(self._look)
        self._hosts = HostLooks(self._look)

    @property
    def values(self) -> dict[str, str]:
        """Return today's secrets, once `check` has passed."""
        return self._today.values

    def check(self) -> None:
        """Raise UnavailableError that names every problem of every host."""
        if problem := self.verdict(self.checks()):
            raise problem
        self.mask()

    def checks(self) -> tuple[Checked, ...]:
        """Look at everything and return what was found, in the order it was looked at."""
        found = [
            Checked(what="secrets", problems=tuple(self.secrets())),
            Checked(what="files", problems=tuple(self.files())),
            self._hosts.compose(),
            *self._hosts.reached(),
            Checked(what="builder", problems=tuple(self._building.builder(self.values))),
            self._building.registry(),
        ]
        found += self._hosts.all(self._building.platform)
        return tuple(found)

    def verdict(self, checks: Iterable[Checked]) -> UnavailableError | None:
        """Return the error that names every problem found; None if there is none."""
        problems = [problem for check in checks for problem in check.problems]
        hint = "; ".join(dict.fromkeys(self._look.hints))
        return UnavailableError(listed(problems), hint=hint) if problems else None

    def reach(self) -> None:
        """Make sure that every engine answers. Raises UnavailableError that names those that do not."""
        if problem := self.verdict(self._hosts.reached()):
            raise problem

    def fetch(self) -> None:
        """Fetch today's secrets. Raises UnavailableError that names every one without a value."""
        if problem := self.verdict([Checked(what="secrets", problems=tuple(self.secrets()))]):
            raise problem

    def secrets(self) -> list[str]:
        """Resolve the secrets the plan needs; return what is missing."""
        return self._today.secrets()

    def files(self) -> list[str]:
        """Return which files that are read at the moment of use are not there."""
        return self._today.files()

    def images(self) -> list[str]:
        """Return which images are neither on their host nor to be had, those built by the plan left out."""
        return [problem for host in self._look.engines for problem in self._hosts.images(host)]

    def mask(self) -> None:
        """Teach the redactor what `env_file`s and secret files supply: secret too, whatever it is."""
        self._today.mask()


def listed(problems: Iterable[str]) -> str:
    """Return one sentence for one problem, a list for several."""
    found = list(problems)
    if len(found) == 1:
        return found[0]
    return f"{len(found)} problems, nothing was touched:\n" + "\n".join(f"  - {one}" for one in found)
