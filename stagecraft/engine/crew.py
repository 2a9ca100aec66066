"""Runs the steps of one wave together."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from queue import SimpleQueue

from stagecraft.engine.ports import Clock, Edit, Observer, Record, Runner
from stagecraft.engine.recording import Recording, Request, write
from stagecraft.errors import StepFailedError
from stagecraft.model.events import StepChanged
from stagecraft.model.outcome import Outcome
from stagecraft.model.release import Release
from stagecraft.model.step import Hook, Migrate, Push, Step

Ended = tuple[int, Outcome | StepFailedError]
"""The place of a step in its wave, and what became of it."""


class Crew:
    """The threads of a run; each step is told to the observer as it begins and ends."""

    def __init__(
        self, *, runner: Runner, clock: Clock, observer: Observer, change: Callable[[Edit], None]
    ) -> None:
        """`change` writes the record; it is called in the thread that takes the results."""
        self._runner = runner
        self._clock = clock
        self._observer = observer
        self._change = change

    def together(self, steps: Sequence[Step], release: Release, deadline: float) -> Iterator[Ended]:
        """Run every step at once and yield each as it ends; all of them end, whatever becomes of one.

        What a step has recorded meanwhile is written here. Whatever else is raised, by a step or by whoever
        takes the results, ends everything under way first.
        """
        news: SimpleQueue[Request | Future[Outcome]] = SimpleQueue()
        recording = Recording(news.put)
        with ThreadPoolExecutor(max_workers=max(1, len(steps)), thread_name_prefix="step") as pool:
            order: dict[Future[Outcome], int] = {}
            for place, step in enumerate(steps):
                future = pool.submit(self.run, step, release, deadline, recording.record)
                order[future] = place
                future.add_done_callback(news.put)
            try:
                running = len(order)
                while running:
                    new = news.get()
                    if isinstance(new, Request):
                        write(new, self._change)
                        continue
                    running -= 1
                    yield order[new], _result(new)
            except BaseException:
                self.stop()  # or leaving the pool would wait for steps nobody wants any more
                raise
            finally:
                recording.close()

    def run(self, step: Step, release: Release, deadline: float, record: Record) -> Outcome:
        """Run one step. Raises StepFailedError."""
        began = self._clock.monotonic()
        self._tell(step, "running")
        status = "failed"
        try:
            outcome = self._runner.run(step, release, deadline, record)
            status = "completed"
            return outcome
        finally:
            self._tell(step, status, self._clock.monotonic() - began)

    def stop(self) -> None:
        """End everything under way."""
        self._runner.cancel()

    def _tell(self, step: Step, status: str, duration: float | None = None) -> None:
        subject = _subject(step)
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


def _result(ended: "Future[Outcome]") -> Outcome | StepFailedError:
    try:
        return ended.result()
    except StepFailedError as failure:
        return failure


def _subject(step: Step) -> str:
    match step:
        case Push():
            return step.service
        case Migrate():
            return step.work.name
        case Hook():
            return step.name
        case _:
            return step.host
