"""Sizes of the reliability figures: small in `make test`, whole in `make soak`, and what was reached of them.

`make soak` sets a size and a seed in the environment, and the name of a file that each test adds a line
of JSON to.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

SEED = int(os.environ.get("SOAK_SEED", "20270301"))
"""What dice are thrown by: always the same in the gate."""

REPORT = "SOAK_REPORT"


def size(setting: str, *, gate: int) -> int:
    """How many are asked for: what the environment says under this name, else the gate's number."""
    return int(os.environ.get(setting) or gate)


def reached(item: str, number: int, **figures: Any) -> None:
    """Note what a test has proved: how many of what the item counts, and other figures of interest."""
    noted(item, number=number, **figures)


def noted(item: str, **figures: Any) -> None:
    """Note figures of interest alone."""
    line = json.dumps({"id": item, **figures})
    print(line)  # noqa: T201
    if report := os.environ.get(REPORT):
        with Path(report).open("a", encoding="utf-8") as file:
            file.write(line + "\n")
