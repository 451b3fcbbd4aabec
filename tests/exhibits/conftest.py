"""``--whole``: judge the exhibits by every rule, not only by those that they break."""

from __future__ import annotations

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option; known only where this folder is named on the command line."""
    parser.addoption("--whole", action="store_true", help="judge each exhibit by every rule")


@pytest.fixture
def whole(request: pytest.FixtureRequest) -> bool:
    """Whether the exhibits are judged by every rule."""
    return bool(request.config.getoption("--whole", default=False))
