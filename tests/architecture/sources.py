"""What this project is made of, as the tests of its architecture look at it."""

from __future__ import annotations

import ast
import importlib
import pkgutil
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).parents[2]
ROOMS = ("core", "auth", "adapters", "graphql_api", "rest_compat", "web", "app")
OURS = (*ROOMS, "tests", "docker", "docs", "benchmarks")
WRITTEN_BY_OTHERS = ("web/static/", "tests/adapters/calendars/vendor/")
TEXT = {".py", ".sql", ".md", ".js", ".css", ".html", ".txt", ".toml", ".sh", ".graphql", ""}


def python_files(*rooms: str) -> Iterator[Path]:
    """The Python files of some rooms."""
    for room in rooms:
        yield from sorted((ROOT / room).rglob("*.py"))


def named(file: Path) -> str:
    """A file's name as people write it."""
    return file.relative_to(ROOT).as_posix()


@cache
def tree_of(file: Path) -> ast.Module:
    """What a file says."""
    return ast.parse(file.read_text(), str(file))


def all_text_files() -> Iterator[Path]:
    """Every file that somebody here wrote, the ones at the top included."""
    candidates = [*ROOT.iterdir(), *(file for room in OURS for file in (ROOT / room).rglob("*"))]
    for file in candidates:
        if not file.is_file() or file.suffix not in TEXT or "__pycache__" in file.parts:
            continue
        if file.name.startswith(".") or file.suffix == ".lock" or file.name == "schema.graphql":
            continue
        if not named(file).startswith(WRITTEN_BY_OTHERS):
            yield file


@cache
def modules(*rooms: str) -> tuple[ModuleType, ...]:
    """Every module of some rooms, imported."""
    found = []
    for room in rooms:
        package = importlib.import_module(room)
        found.append(package)
        below = pkgutil.walk_packages(package.__path__, f"{room}.")
        found += [importlib.import_module(info.name) for info in below]
    return tuple(found)


def dotted(node: ast.expr) -> str:
    """`a.b.c` for a chain of attributes, else nothing."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute) and (before := dotted(node.value)):
        return f"{before}.{node.attr}"
    return ""


def imported_by(file: Path) -> Iterator[str]:
    """The dotted names of the modules that a file imports."""
    for node in ast.walk(tree_of(file)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{named(file)} imports relatively"
            yield node.module or ""
