"""What no file of ours does."""

from __future__ import annotations

import ast
import re

from tests.architecture.sources import (
    ROOMS,
    all_text_files,
    dotted,
    imported_by,
    named,
    python_files,
    tree_of,
)

LONGEST = 400
CLOCKS = {
    "datetime.now",
    "datetime.utcnow",
    "datetime.today",
    "datetime.datetime.now",
    "date.today",
    "time.time",
    "time.monotonic",
    "time.localtime",
    "time.gmtime",
}


def calls(room: str) -> set[tuple[str, str]]:
    """Every (file, dotted name) that is called in a room."""
    return {
        (named(file), dotted(node.func))
        for file in python_files(room)
        for node in ast.walk(tree_of(file))
        if isinstance(node, ast.Call)
    }


def test_no_file_is_longer_than_a_few_screens() -> None:
    """Code, SQL, pages, documents and tests alike."""
    lengths = {named(file): file.read_text().count("\n") for file in all_text_files()}
    assert len(lengths) > 150
    assert {name: lines for name, lines in lengths.items() if lines > LONGEST} == {}


def test_only_the_settings_read_the_environment() -> None:
    """Nobody else says `environ` or `getenv`, by whichever import."""
    readers = {
        named(file)
        for file in python_files(*ROOMS)
        for node in ast.walk(tree_of(file))
        if (isinstance(node, ast.Attribute) and node.attr in ("environ", "getenv", "environb"))
        or (isinstance(node, ast.alias) and node.name in ("environ", "getenv", "environb"))
    }
    assert readers == {"app/settings.py"}


def test_the_core_never_asks_the_machine_for_the_time() -> None:
    """But for the one clock that is passed in."""
    asked = {(file, name) for file, name in calls("core") if name in CLOCKS}
    assert asked == {("core/kernel/clock.py", "datetime.now")}
    assert {name for file in python_files("core") for name in imported_by(file)}.isdisjoint(
        {"time", "random"}
    )


def test_the_core_touches_no_file_socket_or_process() -> None:
    """It decides; keeping and sending are others'."""
    outside = {
        "os",
        "io",
        "pathlib",
        "socket",
        "subprocess",
        "threading",
        "sqlite3",
        "urllib",
        "http",
        "logging",
    }
    imported = {name.partition(".")[0] for file in python_files("core") for name in imported_by(file)}
    assert imported.isdisjoint(outside)
    assert {name for _, name in calls("core")}.isdisjoint({"open", "print", "input", "eval", "exec"})


def test_nothing_is_left_to_be_done_in_a_comment() -> None:
    """What is still to do is an issue, where it can be found."""
    marks = re.compile(r"\b(?:" + "|".join(("TO" + "DO", "FIX" + "ME", "X" * 3, "HA" + "CK")) + r")\b")
    left = {named(file) for file in all_text_files() if marks.search(file.read_text())}
    assert left == set()


def test_every_module_says_what_it_is_for() -> None:
    """In its first line."""
    silent = {named(file) for file in python_files(*ROOMS) if not ast.get_docstring(tree_of(file))}
    assert silent == set()
