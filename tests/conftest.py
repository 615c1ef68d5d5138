"""Fixtures that every test can ask for, how many tests run at once, and in which order."""

import gc
import os

import pytest

pytest_plugins = ["tests.kit.servers_plugin", "tests.kit.houses"]

gc.disable()  # until all is collected: of what is loaded before nothing is ever given up

WAITING = ("tests/journeys/", "tests/app/", "tests/docs/")
"""Folders whose tests mostly wait for processes of their own."""


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """One more than there are processors, since some wait."""
    return len(os.sched_getaffinity(0)) + 1 if hasattr(os, "sched_getaffinity") else 4


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Those first: while one worker waits, the others have work left that keeps the processors busy."""
    items.sort(key=lambda item: not item.nodeid.startswith(WAITING))


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop() -> None:
    """Collections of garbage begin here, and look only through what comes from now on."""
    gc.enable()
    gc.freeze()
