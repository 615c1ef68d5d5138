"""Measuring: the least processor time of some turns, taken one after another
so that a busy machine is busy for all."""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import NamedTuple


def in_turns(rounds: int, **variants: Callable[[], object]) -> dict[str, float]:
    """The least milliseconds of processor time of each variant, run one after another, again and again."""
    spent: dict[str, list[float]] = {name: [] for name in variants}
    for _ in range(rounds):
        for name, run in variants.items():
            begun = time.process_time()
            run()
            spent[name].append((time.process_time() - begun) * 1_000)
    return {name: min(times) for name, times in spent.items()}


class Spent(NamedTuple):
    """Milliseconds by the clock on the wall, and of this process's processor time."""

    clock: float
    processor: float


async def clocked(rounds: int, **variants: Callable[[], Awaitable[object]]) -> dict[str, Spent]:
    """The least of each, run one after another, again and again; a database server's time is in the
    clock's alone."""
    spent: dict[str, list[Spent]] = {name: [] for name in variants}
    for _ in range(rounds):
        for name, run in variants.items():
            clock, processor = time.perf_counter(), time.process_time()
            await run()
            spent[name].append(
                Spent((time.perf_counter() - clock) * 1_000, (time.process_time() - processor) * 1_000)
            )
    return {
        name: Spent(min(one.clock for one in told), min(one.processor for one in told))
        for name, told in spent.items()
    }


def machine() -> str:
    """The processor, its cores, and the Python."""
    name = platform.processor() or platform.machine()
    told = Path("/proc/cpuinfo")
    if told.exists():
        models = [line for line in told.read_text().splitlines() if line.startswith("model name")]
        name = models[0].partition(":")[2].strip() if models else name
    return f"{name}, {os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}"
