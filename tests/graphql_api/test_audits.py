"""The audits of GraphQL over HTTP that somebody else wrote: the npm package graphql-http."""

from __future__ import annotations

import asyncio
import json
import shutil
from pathlib import Path

import pytest

from app.house import House
from tests.graphql_api.serving import served

PACKAGES = ("graphql-http@1.23.1", "graphql@16.15.0")

SCRIPT = """
import { auditServer } from 'graphql-http';
const results = await auditServer({ url: process.argv[2] });
console.log(JSON.stringify(results.map(({ id, name, status }) => ({ id, name, status }))));
"""


async def run(*words: str, folder: Path, seconds: float = 120) -> tuple[int, str]:
    """Run a program in a folder; its exit code and what it printed."""
    process = await asyncio.create_subprocess_exec(
        *words, cwd=folder, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    try:
        output, _ = await asyncio.wait_for(process.communicate(), seconds)
    except TimeoutError:
        process.kill()
        return 1, f"{words[0]} took longer than {seconds} s"
    assert process.returncode is not None
    return process.returncode, output.decode(errors="replace")


async def test_every_audit_passes(house: House, tmp_path: Path) -> None:
    """All 61 audits pass: no error, no warning, no notice."""
    if shutil.which("npm") is None or shutil.which("node") is None:
        pytest.skip("npm is not on this machine: the audits of graphql-http were not run.")
    code, output = await run("npm", "install", "--no-audit", "--no-fund", *PACKAGES, folder=tmp_path)
    if code:
        pytest.skip(f"npm could not install graphql-http, so its audits were not run: {output[-300:]}")
    (tmp_path / "audit.mjs").write_text(SCRIPT)
    async with served(house) as url:
        code, output = await run("node", "audit.mjs", url, folder=tmp_path)
    assert code == 0, output
    results = json.loads(output)
    assert [result for result in results if result["status"] != "ok"] == []
    assert len(results) == 61
