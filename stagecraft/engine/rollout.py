"""The loop of a rollout: observe, ask, act, until nothing is left to do (spec/rollout.md).

It decides nothing about containers: `app` hands in the deciding function (`compose.next_actions`) and the
hands (`runtime`). What the loop knows is the order of things and time.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from stagecraft.engine.ports import Clock, Observer
from stagecraft.engine.rollout_run import RolloutRun
from stagecraft.engine.site import Site
from stagecraft.errors import StepFailedError, UnavailableError
from stagecraft.model.action import Action, Fail, Remove
from stagecraft.model.observed import Observed, Progress, Wanted
from stagecraft.model.release import HostRecord

LOG_LINES = 50
"""How many log lines, and health outputs, of a failed container are shown and recorded."""

Decide = Callable[[Wanted, Observed, Progress], Sequence[Action]]


@dataclass(frozen=True)
class RolloutLoop:
    """Rollouts on one host."""

    host: str
    site: Site
    decide: Decide
    clock: Clock
    notify: Observer
    redact: Callable[[str], str]
    """Makes a line fit to be shown and recorded: secrets masked, control characters dropped."""

    def run(
        self, wanted: Wanted, *, health_timeout: float, deadline: float, observed: Observed | None = None
    ) -> HostRecord:
        """Bring the site to `wanted` and return what was done; without `text`, which the caller knows.

        `health_timeout` is in seconds for each service, `deadline` on the clock's monotonic scale. `observed`
        saves the first look, if the caller had to look anyway in order to know what is wanted.

        Raises StepFailedError, with the last lines of what failed and with what was done until then; what was
        begun beside containers that still serve is taken back.
        """
        run = RolloutRun(self.host, self.site, self.clock, self.notify, health_timeout)
        seen = observed or run.look()
        run.stale = frozenset(c.id for c in seen.containers if c.service in wanted.recreate)
        try:
            return self._reach(wanted, seen, run, deadline)
        except StepFailedError as failure:
            if back := ", ".join(f"`{service}`" for service in self._take_back(wanted, run)):
                failure.hint += f"; new containers of {back} were removed, the old ones keep serving"
            failure.actions = tuple(run.done)
            raise

    def _reach(self, wanted: Wanted, seen: Observed, run: RolloutRun, deadline: float) -> HostRecord:
        while actions := tuple(self.decide(wanted, seen, run.progress())):
            if failures := [action for action in actions if isinstance(action, Fail)]:
                raise self._failure(failures, seen, run)
            if self.clock.monotonic() >= deadline:
                raise self._late(actions)
            run.act(actions, seen)
            seen = run.look()
        return run.record(self.site.running(seen))

    def _take_back(self, wanted: Wanted, run: RolloutRun) -> list[str]:
        """Do what is left after a failure, as well as it can be done; return the services it was about."""
        removed: dict[str, str] = {}
        with suppress(StepFailedError, UnavailableError):
            while True:
                seen = run.look()
                actions = tuple(self.decide(wanted, seen, run.progress(failed=True)))
                going = {action.id for action in actions if isinstance(action, Remove)}
                if not actions or going & removed.keys():
                    break
                run.act(actions, seen)
                removed |= {c.id: c.service for c in seen.containers if c.id in going}
        return sorted(set(removed.values()))

    def _failure(self, failures: Sequence[Fail], observed: Observed, run: RolloutRun) -> StepFailedError:
        reasons = "; ".join(f"`{fail.service}` failed: {fail.cause}" for fail in failures)
        checks = [f"check | {line}" for fail in failures for line in run.said.get(fail.service, ())]
        logs = [line for fail in failures for line in self._evidence(fail.container, observed)]
        log = (*map(self.redact, checks[-LOG_LINES:]), *logs)
        return StepFailedError(
            self.redact(reasons),
            place=f"host {self.host}",
            hint="see the last lines of the container below",
            log=log,
        )

    def _late(self, actions: Sequence[Action]) -> StepFailedError:
        return StepFailedError(
            f"the rollout did not end in its time; left to do: {', '.join(map(str, actions))}",
            place=f"host {self.host}",
            hint="raise `timeouts.rollout` of the environment if the services need that long",
        )

    def _evidence(self, name: str, observed: Observed) -> list[str]:
        """Return the last lines a container wrote and what its last health checks said."""
        container = next((container for container in observed.containers if container.name == name), None)
        if container is None:
            return []
        outputs = [line for output in container.health_log for line in output.split("\n")]
        lines = [f"{name} | {line}" for line in self.site.logs(name, LOG_LINES)]
        lines += [f"{name} health check | {line}" for line in outputs[-LOG_LINES:]]
        return [self.redact(line) for line in lines]
