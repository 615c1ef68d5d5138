"""The full numbers behind the gate's tests: `make soak`. One JSON line per item on standard output.

Each item is a test that `make test` runs at a tenth of its size or less; the environment says how much
more. A line tells the item, the number that was reached (by the test that reached least) of the number asked
for, whether it passed, the seed, the seconds, and what each test noted. ARGS may name items:
`make soak ARGS="R1 R9"`.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.kit.soak import REPORT


@dataclass(frozen=True, slots=True)
class Item:
    """One guarantee: which tests prove it, and the setting that makes them large."""

    id: str
    setting: str
    number: int
    tests: tuple[str, ...]


ITEMS = (
    Item(
        "R1",
        "SOAK_ATTEMPTS",
        10_000,
        ("tests/core/appointments/test_crowd.py", "tests/journeys/test_contention.py"),
    ),
    Item("R2", "SOAK_KILLS", 200, ("tests/journeys/test_every_process_killed.py",)),
    Item("R7", "SOAK_EVENTS", 100_000, ("tests/adapters/sql/test_many_events.py",)),
    Item(
        "R8",
        "SOAK_STREAMS",
        500,
        (
            "tests/journeys/test_resume_streams.py",
            "tests/graphql_api/test_slow_readers.py",
            "tests/graphql_api/test_told_once.py",
        ),
    ),
    Item("R9", "SOAK_WEBHOOK_EVENTS", 10_000, ("tests/core/webhooks/test_many.py",)),
    Item("R10", "SOAK_TIMERS", 50_000, ("tests/journeys/test_timers.py",)),
)


def run(item: Item, seed: int) -> bool:
    """Run an item's tests at full size and report them."""
    sys.stderr.write(f"{item.id}: {item.setting}={item.number} {' '.join(item.tests)}\n")
    start = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report"
        size = {item.setting: str(item.number), "SOAK_SEED": str(seed), REPORT: str(report)}
        ended = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *item.tests],
            env={**os.environ, **size},
            stdout=sys.stderr,
            check=False,
        )
        noted = _noted(report)
    line = {
        "id": item.id,
        "number": min((one["number"] for one in noted if "number" in one), default=0),
        "of": item.number,
        "pass": ended.returncode == 0,
        "seed": seed,
        "seconds": round(time.monotonic() - start, 1),
        "noted": noted,
    }
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()
    return ended.returncode == 0


def _noted(report: Path) -> list[dict[str, Any]]:
    """What the tests of an item noted of themselves."""
    if not report.exists():
        return []
    return [json.loads(line) for line in report.read_text(encoding="utf-8").splitlines()]


def main() -> int:
    """Run the items that are named, else all of them; 1 where one failed."""
    named = sys.argv[1:]
    unknown = set(named) - {item.id for item in ITEMS}
    if unknown:
        sys.stderr.write(
            f"No such item: {', '.join(sorted(unknown))}. There are {', '.join(i.id for i in ITEMS)}.\n"
        )
        return 2
    seed = int(os.environ.get("SOAK_SEED") or random.SystemRandom().randrange(1 << 31))
    passed = [run(item, seed) for item in ITEMS if not named or item.id in named]
    return 0 if all(passed) else 1


if __name__ == "__main__":
    sys.exit(main())
