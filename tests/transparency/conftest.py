from __future__ import annotations

import pytest


@pytest.fixture
def rows(request: pytest.FixtureRequest) -> None:
    """The shared database, rolled back; or the test's own, where it commits."""
    if "own_database" not in request.fixturenames:
        request.getfixturevalue("db")
