"""Figures of a process and of what was measured."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path


def percentile(values: Sequence[float], hundredths: int) -> float:
    """The value below which so many hundredths lie; not a number where there are none."""
    if not values:
        return float("nan")
    return sorted(values)[min(len(values) - 1, len(values) * hundredths // 100)]


def cpu_seconds(pid: int) -> tuple[float, float]:
    """User and system time of a process so far."""
    parts = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    tick = os.sysconf("SC_CLK_TCK")
    return int(parts[11]) / tick, int(parts[12]) / tick


def memory_mb(pid: int) -> float:
    """Resident memory."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


def busy_seconds() -> float:
    """How long the machine's cores have been busy so far, with whatever it was."""
    fields = [int(field) for field in Path("/proc/stat").read_text().splitlines()[0].split()[1:9]]
    return (sum(fields) - fields[3] - fields[4]) / os.sysconf("SC_CLK_TCK")
