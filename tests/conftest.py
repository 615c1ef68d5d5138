"""Fixtures that every test can ask for, and the order of tests."""

import pytest

pytest_plugins = ["tests.kit.servers_plugin", "tests.kit.houses"]

WAITING = ("tests/journeys/", "tests/app/", "tests/docs/")
"""Folders whose tests mostly wait for processes of their own."""


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Those first: while one worker waits, the others have work left that keeps the processors busy."""
    items.sort(key=lambda item: not item.nodeid.startswith(WAITING))
