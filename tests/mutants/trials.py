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
import traceback
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from functools import partial
from itertools import accumulate
from pathlib import Path
from typing import Any

import pytest
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
ENOUGH_TESTS = 15.0
"""Seconds of processor time: a mutant is tried with tests that take no longer together."""

ENOUGH_QUICK = 5.0
"""Of these seconds so many are for the quickest tests, whichever file they are in."""

ENOUGH_CPU = 1.0
"""Seconds of processor time that a mutant may take beyond twice what its tests take."""

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
        self.known = results.with_suffix(".tests.json")
        self.tests: dict[str, list[int]] = defaultdict(list)
        self.seconds: list[float] = []
        self.files: list[Path] = []

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
        """Run every test that is new once, in a fork, noting what it reaches and how long it takes."""
        known = json.loads(self.known.read_text()) if self.known.exists() else {}
        stamps = [f"{item.nodeid} {item.path.stat().st_mtime_ns}" for item in items]
        unknown = [item for item, stamp in zip(items, stamps, strict=True) if stamp not in known]
        if unknown:
            _, ended = os.waitpid(_fork(partial(_learn, unknown, self.known, known)), 0)
            if ended:
                raise SystemExit("The tests fail without any mutant.")
            known = json.loads(self.known.read_text())
        self.files = [item.path for item in items]
        for number, stamp in enumerate(stamps):
            took, functions = known[stamp]
            self.seconds.append(took)
            for function in functions:
                self.tests[function].append(number)

    def _chosen(self, name: str) -> list[int]:
        """The numbers of the tests that a mutant is tried with: the quickest, then others of every file."""
        quickest = sorted(
            self.tests.get(mangled_name_from_mutant_name(name), []), key=self.seconds.__getitem__
        )
        first = self._within(ENOUGH_QUICK, quickest)
        turns: Counter[Path] = Counter()
        turn: dict[int, int] = {}
        for number in quickest:
            turn[number] = turns[self.files[number]]
            turns[self.files[number]] += 1
        others = sorted(set(quickest) - set(first), key=lambda number: (turn[number], self.seconds[number]))
        return self._within(ENOUGH_TESTS, first + others) or quickest[:1]

    def _within(self, limit: float, numbers: Sequence[int]) -> list[int]:
        """Those at the beginning that take no longer together."""
        sums = accumulate(self.seconds[number] for number in numbers)
        return [number for number, total in zip(numbers, sums, strict=True) if total <= limit]

    def _try(self, name: str, numbers: list[int], items: list[pytest.Item]) -> int:
        signal.setitimer(signal.ITIMER_PROF, ENOUGH_CPU + 2 * sum(self.seconds[one] for one in numbers))
        used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (used + ENOUGH_MEMORY, used + ENOUGH_MEMORY))
        signal.alarm(ENOUGH_WALL)
        set_mutant_under_test(name)
        chosen = [items[number] for number in numbers]
        for item, following in zip(chosen, [*chosen[1:], chosen[-1]], strict=True):
            _run(item, following)
        return SURVIVED


def _with_few_examples(item: pytest.Item) -> None:
    test = getattr(item, "obj", None)
    if given := getattr(test, "_hypothesis_internal_use_settings", None):
        few = settings(given, max_examples=min(EXAMPLES, given.max_examples))
        test._hypothesis_internal_use_settings = few  # type: ignore[union-attr]


def _run(item: pytest.Item, following: pytest.Item | None) -> None:
    """Run a test as pytest does, without making a report; raises what it raises."""
    if isinstance(item, pytest.Function) and not getattr(item, "_request", None):
        item._initrequest()
    item.session._setupstate.setup(item)
    item.runtest()
    item.session._setupstate.teardown_exact(following)


def _learn(items: list[pytest.Item], kept: Path, known: dict[str, Any]) -> int:
    set_mutant_under_test("stats")
    for item, following in zip(items, [*items[1:], None], strict=True):
        start = time.process_time()
        try:
            _run(item, following)
        except BaseException:
            sys.stderr.write(f"{item.nodeid}\n{traceback.format_exc()}\n")
            return KILLED
        stamp = f"{item.nodeid} {item.path.stat().st_mtime_ns}"
        known[stamp] = (round(time.process_time() - start, 4), sorted(state()._stats))
        state()._stats.clear()
    kept.write_text(json.dumps(known))
    return 0


def _fork(work: Callable[[], int]) -> int:
    pid = os.fork()
    if pid:
        return pid
    ended = KILLED
    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        ended = work()
    finally:
        os._exit(ended)


def _reap(out: Any, running: dict[int, tuple[str, float]]) -> None:
    pid, status = os.wait()
    name, since = running.pop(pid)
    code = os.waitstatus_to_exitcode(status)
    hung = code in {-signal.SIGPROF, -signal.SIGALRM}
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
