"""Tries mutants one after the other: `python -m tests.mutants.trials RESULTS [pytest's arguments]` within
mutmut's folder, with the names of the mutants on standard input.

Pytest collects once. Then every mutant gets a fork of that process, which runs the tests that reach the
mutated function, quickest first, until one fails. (Mutmut's own loop starts pytest anew for each mutant,
which takes longer than the tests.) Limits are of processor time, so that a busy machine changes nothing.
"""

from __future__ import annotations

import asyncio
import gc
import json
import os
import resource
import shutil
import signal
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from functools import partial
from itertools import accumulate
from pathlib import Path
from typing import Any

import pytest
from _pytest.runner import runtestprotocol
from hypothesis import HealthCheck, Phase, settings
from mutmut.mutation.trampoline import set_mutant_under_test
from mutmut.state import state
from mutmut.utils.format_utils import mangled_name_from_mutant_name
from sqlalchemy.engine import make_url

from adapters.sql import migrate
from adapters.sql.database import Database
from tests.kit import houses

KILLED, SURVIVED, NO_TESTS, TIMEOUT = 1, 0, 33, 36
"""As mutmut counts the endings of a mutant."""

CHILDREN = int(os.environ.get("MUTANTS_CHILDREN") or 2)
ENOUGH_TESTS = 0.4
"""Seconds of processor time: a mutant is tried with its quickest tests that take no longer together."""

ENOUGH_CPU = 1.0
"""Seconds of processor time that a mutant may take beyond three times what its tests take."""

ENOUGH_WALL = 300
"""Seconds after which a mutant that uses no processor time is taken to hang."""

EXAMPLES = 10
"""So many examples at most of what Hypothesis draws, always the same ones."""

ENOUGH_MEMORY = 2 << 30
"""Bytes that a mutant may take beyond what it was forked with."""


class Trials:
    """The pytest plugin that tries mutants instead of running the tests once."""

    def __init__(self, names: Sequence[str], results: Path) -> None:
        self.names = names
        self.results = results
        self.tests: dict[str, list[int]] = {}
        self.seconds: list[float] = []

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Learn which tests reach which function, then try every mutant."""
        if session.testsfailed:
            raise session.Interrupted("the tests could not be collected")
        for item in session.items:
            _with_few_examples(item)
        self._learn(session.items)
        gc.collect()
        gc.freeze()
        gc.disable()
        running: dict[int, tuple[str, float]] = {}
        with self.results.open("a") as out:
            for number, name in enumerate(self.names):
                chosen = self._chosen(name)
                if not chosen:
                    _note(out, name, NO_TESTS, 0.0)
                    continue
                while len(running) >= CHILDREN:
                    _reap(out, running)
                work = partial(self._try, name, chosen, session.items)
                running[_fork(work)] = (name, time.time())
                if number % 100 == 0:
                    sys.stderr.write(f"{number} of {len(self.names)}\n")
            while running:
                _reap(out, running)
        return True

    def _learn(self, items: list[pytest.Item]) -> None:
        """Run every test once, in a fork of its own, noting what it reaches and how long it takes."""
        with tempfile.TemporaryDirectory() as folder:
            kept = Path(folder) / "learnt.json"
            _, ended = os.waitpid(_fork(lambda: _learn(items, kept)), 0)
            if ended:
                raise SystemExit("The tests fail without any mutant.")
            learnt: dict[str, Any] = json.loads(kept.read_text())
        self.tests, self.seconds = learnt["tests"], learnt["seconds"]

    def _chosen(self, name: str) -> list[int]:
        """The numbers of the tests that a mutant is tried with, the quickest first."""
        reaching = sorted(
            self.tests.get(mangled_name_from_mutant_name(name), []), key=self.seconds.__getitem__
        )
        sums = accumulate(self.seconds[number] for number in reaching)
        enough = [number for number, total in zip(reaching, sums, strict=True) if total <= ENOUGH_TESTS]
        return enough or reaching[:1]

    def _try(self, name: str, numbers: list[int], items: list[pytest.Item]) -> int:
        cpu = int(ENOUGH_CPU + 3 * sum(self.seconds[number] for number in numbers)) + 1
        resource.setrlimit(resource.RLIMIT_CPU, (cpu, cpu + 1))
        used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (used + ENOUGH_MEMORY, used + ENOUGH_MEMORY))
        signal.alarm(ENOUGH_WALL)
        set_mutant_under_test(name)
        chosen = [items[number] for number in numbers]
        for item, following in zip(chosen, [*chosen[1:], chosen[-1]], strict=True):
            if any(report.failed for report in runtestprotocol(item, log=False, nextitem=following)):
                return KILLED
        return SURVIVED


def _with_few_examples(item: pytest.Item) -> None:
    test = getattr(item, "obj", None)
    if given := getattr(test, "_hypothesis_internal_use_settings", None):
        few = settings(given, max_examples=min(EXAMPLES, given.max_examples))
        test._hypothesis_internal_use_settings = few  # type: ignore[union-attr]


def _learn(items: list[pytest.Item], kept: Path) -> int:
    set_mutant_under_test("stats")
    tests: dict[str, list[int]] = defaultdict(list)
    seconds = []
    for number, item in enumerate(items):
        start = time.process_time()
        following = items[number + 1] if number + 1 < len(items) else None
        for report in runtestprotocol(item, log=False, nextitem=following):
            if report.failed:
                sys.stderr.write(f"{item.nodeid}\n{report.longreprtext}\n")
                return 1
        seconds.append(time.process_time() - start)
        for function in state()._stats:
            tests[function].append(number)
        state()._stats.clear()
    kept.write_text(json.dumps({"tests": tests, "seconds": seconds}))
    slowest = sorted(zip(seconds, (item.nodeid for item in items), strict=True), reverse=True)[:20]
    lines = [f"{took:.2f} s: {name}" for took, name in slowest]
    sys.stderr.write("\n".join([f"{len(items)} tests, {sum(seconds):.0f} s", *lines]) + "\n")
    return 0


def _fork(work: Callable[[], int]) -> int:
    pid = os.fork()
    if pid:
        return pid
    ended = KILLED
    try:
        nothing = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nothing, 1)
        ended = work()
    finally:
        os._exit(ended)


def _reap(out: Any, running: dict[int, tuple[str, float]]) -> None:
    pid, status = os.wait()
    name, since = running.pop(pid)
    code = os.waitstatus_to_exitcode(status)
    hung = code in {-signal.SIGXCPU, -signal.SIGALRM, -signal.SIGKILL}
    _note(out, name, TIMEOUT if hung else SURVIVED if code == SURVIVED else KILLED, time.time() - since)


def _note(out: Any, name: str, ending: int, seconds: float) -> None:
    out.write(json.dumps({"mutant": name, "ending": ending, "seconds": round(seconds, 2)}) + "\n")
    out.flush()


def _with_a_template() -> None:
    """Let houses begin with a copy of a migrated database instead of migrating each."""
    usual = migrate.migrate
    file = Path(tempfile.mkdtemp()) / "template.db"

    async def make() -> None:
        house = houses.house_on(f"sqlite+aiosqlite:///{file}")
        await usual(house.database)
        await house.close()

    async def copy(database: Database) -> None:
        shutil.copy(file, str(make_url(database.url).database))

    if pid := os.fork():
        os.waitpid(pid, 0)
    else:
        asyncio.run(make())
        os._exit(0)
    setattr(houses, "migrate", copy)  # noqa: B010 - it is imported there by name


def main() -> int:
    """Try the mutants named on standard input; pytest's exit code."""
    results, *arguments = sys.argv[1:]
    settings.register_profile(
        "mutants",
        phases=[Phase.explicit, Phase.generate],
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    settings.load_profile("mutants")
    _with_a_template()
    trials = Trials(sys.stdin.read().split(), Path(results))
    return int(pytest.main(["--assert=plain", "--tb=native", "-q", *arguments], plugins=[trials]))


if __name__ == "__main__":
    sys.exit(main())
