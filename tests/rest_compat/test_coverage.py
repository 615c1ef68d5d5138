"""The dialects' pages tell what is served."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from rest_compat.coverage import BEGIN, END, NoCoverageMarks, coverage_table, refresh_pages, refreshed
from rest_compat.servalodesk.dialect import SERVALODESK

PAGES = Path(__file__).parents[2] / "docs" / "dialects"


def test_the_committed_pages_are_current() -> None:
    """`daybook dialects` would change nothing."""
    assert refresh_pages(PAGES, write=False) == []


def test_a_page_that_is_out_of_date(tmp_path: Path) -> None:
    """It is told, and mended only when asked to be; what stands around the table stays."""
    file = tmp_path / "servalodesk.md"
    file.write_text(f"before\n{BEGIN}\nold\n{END}\nafter\n")
    assert refresh_pages(tmp_path, write=False) == [file]
    assert "old" in file.read_text()
    assert refresh_pages(tmp_path, write=True) == [file]
    assert refresh_pages(tmp_path, write=False) == []
    assert file.read_text().startswith(f"before\n{BEGIN}\n\n")
    assert file.read_text().endswith(f"\n\n{END}\nafter\n")
    with pytest.raises(NoCoverageMarks, match="servalodesk"):
        refreshed("no marks", SERVALODESK)


def test_the_table() -> None:
    """A line for every documented operation; the figure above it is counted."""
    table = coverage_table(SERVALODESK)
    rows = re.findall(r"^\| (\S+) \| `(\w+) (\S+)` \| \w+ \| (yes)? \|$", table, re.MULTILINE)
    assert len(rows) == 69
    served = [row for row in rows if row[3]]
    assert table.startswith(f"{len(served)} of 69 documented operations are served")
    assert ("appointments.create", "POST", "/v1/appointments", "yes") in rows
