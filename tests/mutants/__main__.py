"""Mutants of the rooms that sell time: `make mutants`. One JSON line per room on standard output.

ARGS may name rooms, and `--every=10` tries a tenth of the mutants, spread over every module. Mutmut makes
the mutants (`[tool.mutmut]`, and `[tool.mutants]` for each room's tests, in pyproject.toml) in `mutants/`;
`tests.mutants.trials` tries them. A mutant that was killed is not tried again until its function changes or
`mutants/` is deleted. `.venv/bin/mutmut results` lists the others, `.venv/bin/mutmut show NAME` shows one.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tomllib
from collections import Counter
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path

import libcst as cst
from mutmut import __main__ as mutmut
from mutmut.mutation.data import SourceFileMutationData
from mutmut.mutation.file_mutation import MutationVisitor
from mutmut.utils.file_utils import copy_also_copy_files, copy_src_dir

FOLDER = Path("mutants")
STRIDE = 10
"""Mutants are tried in this many rounds over all modules, so that a run that is stopped is a fair sample."""


def generate() -> None:
    """Make the mutants of every room, keeping what is known of functions that have not changed."""
    usual = MutationVisitor._skip_node_and_children

    def skip(visitor: MutationVisitor, node: cst.CSTNode) -> bool:
        """Mutmut leaves decorated functions out; @use_case changes nothing in them, so these are not."""
        if isinstance(node, cst.FunctionDef) and len(node.decorators) == 1:
            called = node.decorators[0].decorator
            if (
                isinstance(called, cst.Call)
                and isinstance(called.func, cst.Name)
                and called.func.value == "use_case"
            ):
                return False
        return usual(visitor, node)

    setattr(MutationVisitor, "_skip_node_and_children", skip)  # noqa: B010 - mypy knows no other way
    FOLDER.mkdir(exist_ok=True)
    with redirect_stdout(StringIO()):
        copy_src_dir()
        copy_also_copy_files()
        mutmut.create_mutants(2)


def files_of(room: str) -> list[SourceFileMutationData]:
    """What is known of the mutants of a room, by file."""
    files = [SourceFileMutationData(path=path) for path in sorted(Path("core", room).glob("*.py"))]
    for file in files:
        file.load()
    return [file for file in files if file.exit_code_by_key]


def attempt(room: str, tests: list[str], every: int) -> None:
    """Try the mutants of a room that are not known to be killed, each `every`-th of them."""
    known = {name: code for file in files_of(room) for name, code in file.exit_code_by_key.items()}
    names = list(known)[::every]
    spread = [name for first in range(STRIDE) for name in names[first::STRIDE]]
    chosen = [name for name in spread if known[name] != 1]
    results = (FOLDER / f"{room}.jsonl").absolute()
    results.unlink(missing_ok=True)
    try:
        subprocess.run(
            [sys.executable, "-m", "tests.mutants.trials", str(results), *tests],
            cwd=FOLDER,
            input="\n".join(chosen),
            text=True,
            check=True,
            stdout=sys.stderr,
        )
    finally:
        keep(room, results)


def keep(room: str, results: Path) -> None:
    """Keep what was found where mutmut looks for it."""
    if not results.exists():
        return
    found = [json.loads(line) for line in results.read_text().splitlines()]
    endings = {row["mutant"]: row["ending"] for row in found}
    for file in files_of(room):
        file.exit_code_by_key |= {n: endings[n] for n in file.exit_code_by_key if n in endings}
        file.save()


def report(room: str) -> dict[str, object]:
    """The figures of a room: mutants by ending, and the share of those tried that were killed."""
    codes: Counter[int | None] = Counter()
    for file in files_of(room):
        codes.update(file.exit_code_by_key.values())
    tried = sum(codes.values()) - codes[None]
    return {
        "room": room,
        "mutants": sum(codes.values()),
        "tried": tried,
        "killed": codes[1],
        "timeout": codes[36],
        "survived": codes[0],
        "no_tests": codes[33],
        "percent": round(100 * (codes[1] + codes[36]) / tried, 1) if tried else None,
    }


def main() -> int:
    """Try the rooms that are named, else all of them."""
    rooms: dict[str, list[str]] = tomllib.loads(Path("pyproject.toml").read_text())["tool"]["mutants"]
    named = [word for word in sys.argv[1:] if not word.startswith("--")]
    every = next((int(word.partition("=")[2]) for word in sys.argv[1:] if word.startswith("--every=")), 1)
    if unknown := set(named) - set(rooms):
        sys.stderr.write(f"No such room: {', '.join(sorted(unknown))}. There are {', '.join(rooms)}.\n")
        return 2
    os.nice(10)
    generate()
    for room in named or rooms:
        attempt(room, rooms[room], every)
        sys.stdout.write(json.dumps(report(room)) + "\n")
        sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
