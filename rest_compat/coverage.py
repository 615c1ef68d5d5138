"""Which documented operations are served: a table for the dialect's page, made from contract and routes.

The pages in docs/dialects are written by hand but for the part between the two marks, which
`daybook dialects` writes and a test compares.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from rest_compat.engine.contract import read_contract
from rest_compat.engine.dialect import Dialect
from rest_compat.mounts import DIALECTS

BEGIN = "<!-- coverage: written by `daybook dialects`, not by hand -->"
END = "<!-- end of coverage -->"


class NoCoverageMarks(ValueError):
    """A page lacks the marks between which its table stands."""


def coverage_table(dialect: Dialect) -> str:
    """The operations in the contract's order, and how many of them are served."""
    operations = read_contract(dialect.contract).operations
    served = {(route.method, route.path) for route in dialect.routes}
    count = sum((one.method, one.path) in served for one in operations)
    lines = [
        f"{count} of {len(operations)} documented operations are served; the others answer 501.",
        "",
        "| operation | method and path | basis | served |",
        "|---|---|---|---|",
    ]
    lines += [
        f"| {one.id.removeprefix(f'{dialect.name}.')} | `{one.method} {one.path}` | {one.basis} "
        f"| {'yes' if (one.method, one.path) in served else ''} |"
        for one in operations
    ]
    return "\n".join(lines)


def refreshed(page: str, dialect: Dialect) -> str:
    """The page with its table as it is now. Raises NoCoverageMarks."""
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise NoCoverageMarks(f"the page of {dialect.name} lacks {BEGIN!r} or {END!r}")
    return f"{before}{BEGIN}\n\n{coverage_table(dialect)}\n\n{END}{after}"


def refresh_pages(folder: Path, *, write: bool, dialects: Iterable[Dialect] = DIALECTS) -> list[Path]:
    """The dialects' pages in a folder whose tables are out of date; with `write` they are brought up to it."""
    stale = []
    for dialect in dialects:
        file = folder / f"{dialect.name}.md"
        page = file.read_text(encoding="utf-8")
        if (now := refreshed(page, dialect)) != page:
            stale.append(file)
            if write:
                file.write_text(now, encoding="utf-8")
    return stale
