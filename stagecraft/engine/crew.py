"""Runs the steps of one wave together."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed

from stagecraft.engine.ports import Clock, Observer, Runner
from stagecraft.errors import StepFailedError
from stagecraft.model.events import StepChanged
from stagecraft.model.outcome import Outcome
from stagecraft.model.release import Release
from stagecraft.model.step import Push, Step

Ended = tuple[int, Outcome | StepFailedError]
"""The place of a step in its wave, and what became of it."""


class Crew:
    """The threads of a run; each step is told to the observer as it begins and ends."""

    def __init__(self, *, runner: Runner, clock: Clock, observer: Observer) -> None:
        self._runner = runner
        self._clock = clock
        self._observer = observer

    def together(self, steps: Sequence[Step], release: Release, deadline: float) -> Iterator[Ended]:
        """Run every step at once and yield each as it ends; all of them end, whatever becomes of one.

        Whatever else is raised, by a step or by whoever takes the results, ends everything under way first.
        """
        with ThreadPoolExecutor(max_workers=max(1, len(steps)), thread_name_prefix="step") as pool:
            order = {pool.submit(self.run, step, release, deadline): n for n, step in enumerate(steps)}
            try:
                for future in as_completed(order):
                    try:
                        yield order[future], future.result()
                    except StepFailedError as failure:
                        yield order[future], failure
            except BaseException:
                self.stop()  # or leaving the pool would wait for steps nobody wants any more
                raise

    def run(self, step: Step, release: Release, deadline: float) -> Outcome:
        """Run one step. Raises StepFailedError."""
        began = self._clock.monotonic()
        self._tell(step, "running")
        status = "failed"
        try:
            outcome = self._runner.run(step, release, deadline)
            status = "completed"
            return outcome
        finally:
            self._tell(step, status, self._clock.monotonic() - began)

    def stop(self) -> None:
        """End everything under way."""
        self._runner.cancel()

    def _tell(self, step: Step, status: str, duration: float | None = None) -> None:
        subject = step.service if isinstance(step, Push) else step.host
        self._observer(
            StepChanged.model_validate(
                {
                    "phase": step.phase,
                    "kind": step.kind,
                    "host": step.host,
                    "subject": subject,
                    "status": status,
                    "duration": duration,
                }
            )
        )
