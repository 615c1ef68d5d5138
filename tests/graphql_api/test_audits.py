"""The audits of GraphQL over HTTP that somebody else wrote: the npm package graphql-http."""

from __future__ import annotations

from pathlib import Path

from app.house import House
from tests.graphql_api.npm import printed_by
from tests.graphql_api.serving import served

PACKAGES = ("graphql-http@1.23.1", "graphql@16.15.0")

SCRIPT = """
import { auditServer } from 'graphql-http';
const results = await auditServer({ url: process.argv[2] });
console.log(JSON.stringify(results.map(({ id, name, status }) => ({ id, name, status }))));
"""


async def test_every_audit_passes(house: House, tmp_path: Path) -> None:
    """All 61 audits pass: no error, no warning, no notice."""
    async with served(house) as url:
        results = await printed_by(SCRIPT, url, packages=PACKAGES, folder=tmp_path)
    assert [result for result in results if result["status"] != "ok"] == []
    assert len(results) == 61
