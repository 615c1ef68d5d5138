"""A pytest plugin: one PostgreSQL, one Redis and one Chromium for a whole test session.

The process that a person started owns them. Without xdist it starts each one when a fixture first asks for
it; with xdist it starts all before there are workers, and hands these the addresses, or the reasons for their
absence.
"""

from __future__ import annotations

import atexit
import os
import signal
import threading
from collections.abc import AsyncIterator, Callable
from types import FrameType
from typing import TYPE_CHECKING, Any

import pytest
import pytest_asyncio

from tests.kit.browser import FLAGS, WITHOUT_BROWSER, find_chromium, may_do_without
from tests.kit.postgres import named_postgres, start_postgres
from tests.kit.processes import CannotServe, Server
from tests.kit.redis import named_redis, start_redis

if TYPE_CHECKING:
    from playwright.async_api import Browser, Page


class Facilities:
    """The outside things that tests use, by name: each is an address, or the reason why there is none."""

    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        self.owner = os.getpid()
        self.running: list[Server] = []
        self.answers: dict[str, tuple[str, str]] = getattr(config, "workerinput", {}).get("facilities", {})
        self.makers: dict[str, Callable[[], str]] = {
            "postgres": self._postgres,
            "redis": self._redis,
            "chromium": self._chromium,
        }

    def address(self, name: str) -> str:
        """The address of a facility, started if need be; a test that asks in vain fails with the reason."""
        kind, text = self.answer(name)
        if kind == "skip":
            pytest.skip(text)
        if kind == "fail":
            pytest.fail(text, pytrace=False)
        return text

    def answer(self, name: str) -> tuple[str, str]:
        """What became of a facility, found out on the first call."""
        if name not in self.answers:
            try:
                self.answers[name] = ("address", self.makers[name]())
            except CannotServe as reason:
                self.answers[name] = ("fail", str(reason))
        kind, text = self.answers[name]
        if name == "chromium" and kind == "fail" and may_do_without():
            return "skip", f"{WITHOUT_BROWSER}=1, and there is no browser here."
        return kind, text

    def stop(self) -> None:
        """Stop all servers that this process started, and none that a fork of it merely remembers."""
        while self.running and os.getpid() == self.owner:
            self.running[-1].stop()
            self.running.pop()

    def _postgres(self) -> str:
        return named_postgres() or self._keep(start_postgres())

    def _redis(self) -> str:
        return named_redis() or self._keep(start_redis())

    def _chromium(self) -> str:
        return find_chromium(self._say)

    def _keep(self, started: tuple[Server, str]) -> str:
        server, url = started
        self.running.append(server)
        return url

    def _say(self, sentence: str) -> None:
        reporter = self.config.pluginmanager.get_plugin("terminalreporter")
        capture = self.config.pluginmanager.get_plugin("capturemanager")
        if reporter is not None and capture is not None:
            with capture.global_and_fixture_disabled():
                reporter.ensure_newline()
                reporter.write_line(f"tests: {sentence}", flush=True)


_FACILITIES = pytest.StashKey[Facilities]()


def pytest_configure(config: pytest.Config) -> None:
    """Prepare to start facilities, and to stop them however the session ends."""
    facilities = config.stash[_FACILITIES] = Facilities(config)
    if not hasattr(config, "workerinput"):
        atexit.register(facilities.stop)
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGTERM, _interrupt)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop the servers when the session is over."""
    if _FACILITIES in config.stash:
        config.stash[_FACILITIES].stop()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_setupnodes(config: pytest.Config) -> None:
    """Start everything before xdist starts its first worker."""
    for name in config.stash[_FACILITIES].makers:
        config.stash[_FACILITIES].answer(name)


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Hand a worker what became of each facility."""
    node.workerinput["facilities"] = node.config.stash[_FACILITIES].answers


def pytest_collection_finish(session: pytest.Session) -> None:
    """Without xdist, install the browser before the first test when a collected test asks for it."""
    if session.config.option.collectonly or hasattr(session.config, "workerinput"):
        return
    if any("chromium_path" in getattr(item, "fixturenames", ()) for item in session.items):
        session.config.stash[_FACILITIES].answer("chromium")


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt("stopped by SIGTERM")


@pytest.fixture(scope="session")
def postgres_url(pytestconfig: pytest.Config) -> str:
    """The URL of a PostgreSQL superuser, on the database `postgres`."""
    return pytestconfig.stash[_FACILITIES].address("postgres")


@pytest.fixture(scope="session")
def redis_url(pytestconfig: pytest.Config) -> str:
    """The URL of a Redis database."""
    return pytestconfig.stash[_FACILITIES].address("redis")


@pytest.fixture(scope="session")
def chromium_path(pytestconfig: pytest.Config) -> str:
    """The path of a Chromium that playwright can drive."""
    return pytestconfig.stash[_FACILITIES].address("chromium")


@pytest_asyncio.fixture(scope="session")
async def browser(chromium_path: str) -> AsyncIterator[Browser]:
    """A headless Chromium with a fresh profile, shared by this process's tests."""
    from playwright.async_api import async_playwright  # a third of a second that most runs can do without

    async with async_playwright() as playwright:
        launched = await playwright.chromium.launch(
            executable_path=chromium_path, args=list(FLAGS), chromium_sandbox=False
        )
        yield launched
        await launched.close()


@pytest_asyncio.fixture
async def browser_page(browser: Browser) -> AsyncIterator[Page]:
    """A page with its own cookies and storage."""
    context = await browser.new_context()
    yield await context.new_page()
    await context.close()


def pytest_report_header(config: pytest.Config) -> list[str]:
    """Say which facilities were named by the environment."""
    named = [
        name for name in ("TEST_POSTGRES_URL", "TEST_REDIS_URL", "TEST_CHROMIUM") if os.environ.get(name)
    ]
    return [f"named servers: {', '.join(named)}"] if named else []
