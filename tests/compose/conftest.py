"""The two Compose versions every text has to mean the same to."""

import pytest

from tests.compose.cases import second_compose, this_compose


@pytest.fixture(scope="session", params=["here", pytest.param("second", marks=pytest.mark.e2e)])
def compose(request: pytest.FixtureRequest) -> tuple[str, ...]:
    """The command of one Compose version, then of the other."""
    return this_compose() if request.param == "here" else (second_compose(),)


@pytest.fixture(scope="session")
def compose_here() -> tuple[str, ...]:
    return this_compose()
