"""Programs that somebody else wrote, as packages of npm."""

from __future__ import annotations

import asyncio
import json
import shutil
from pathlib import Path
from typing import Any

import pytest


async def printed_by(script: str, *words: str, packages: tuple[str, ...], folder: Path) -> Any:
    """What a module prints that uses packages, read as JSON; the first of them is what is tried.

    The test is skipped where npm is not there or does not install them.
    """
    tried = packages[0].partition("@")[0]
    if shutil.which("npm") is None or shutil.which("node") is None:
        pytest.skip(f"npm is not on this machine: {tried} was not run.")
    code, output = await _run("npm", "install", "--no-audit", "--no-fund", *packages, folder=folder)
    if code:
        pytest.skip(f"npm could not install {tried}, so it was not run: {output[-300:]}")
    (folder / "tried.mjs").write_text(script)
    code, output = await _run("node", "tried.mjs", *words, folder=folder)
    assert code == 0, output
    return json.loads(output)


async def _run(*words: str, folder: Path, seconds: float = 120) -> tuple[int, str]:
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
