"""Events with their time."""

from stagecraft.engine.ports import Clock, Observer
from stagecraft.model.events import Event


class Stamped:
    """Passes events on with `at`: seconds since it was made, which is when the run began."""

    def __init__(self, observer: Observer, clock: Clock) -> None:
        self._observer = observer
        self._clock = clock
        self._began = clock.monotonic()

    def __call__(self, event: Event) -> None:
        """Stamp one event and pass it on."""
        self._observer(event.model_copy(update={"at": round(self._clock.monotonic() - self._began, 3)}))
