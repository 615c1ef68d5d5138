"""No double booking ever: four client processes with 64 connections fight over few slots."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import httpx
import pytest

from bootstrap import ROOT
from tests.kit.houses import new_database
from tests.kit.serving import Serving, serving

PROCESSES, CONNECTIONS = 4, 16
ATTEMPTS = int(os.environ.get("SOAK_ATTEMPTS", "1024"))
UNGUARDED_ATTEMPTS = 128
MINUTES = 60


def starts() -> list[datetime]:
    """Twenty starts half an hour apart, so that every hour wanted overlaps its neighbours by half."""
    first = (datetime.now(UTC) + timedelta(days=3)).replace(hour=8, minute=0, second=0, microsecond=0)
    return [first + timedelta(minutes=30 * number) for number in range(20)]


def fight(server: Serving, attempts: int) -> tuple[Counter[str], list[datetime]]:
    """Register a studio, let all processes loose on its one artist, and add up what they were told."""
    with httpx.Client(base_url=server.url, timeout=30) as http:
        studio = http.post(
            "/v1/auth/register",
            json={
                "email": "fight@studio.example",
                "password": "correct horse battery",
                "full_name": "Kai Rodriguez",
                "studio_name": "Fight Club",
            },
        ).json()
        http.headers["Authorization"] = f"Bearer {studio['token']}"
        artist = http.get("/v1/artists").json()["data"][0]["id"]
        person = {"first_name": "Jas", "last_name": "Torres", "email": "jas@example.com"}
        client = http.post("/v1/clients", json=person).json()["id"]
    plan = {
        "url": server.url,
        "token": studio["token"],
        "artist": artist,
        "client": client,
        "starts": [start.isoformat().replace("+00:00", "Z") for start in starts()],
        "minutes": MINUTES,
        "connections": CONNECTIONS,
        "attempts": attempts // PROCESSES,
    }
    clients = [_client_process({**plan, "seed": seed}) for seed in range(PROCESSES)]
    told: Counter[str] = Counter()
    sold: list[datetime] = []
    for process in clients:
        output, _ = process.communicate(timeout=900)
        report = json.loads(output)
        told.update(report["answers"])
        sold += [datetime.fromisoformat(start) for start in report["sold"]]
    return told, sorted(sold)


def _client_process(plan: dict[str, Any]) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.kit.booking_clients"],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    process.stdin.write(json.dumps(plan) + "\n")
    process.stdin.flush()
    return process


def overlaps(sold: list[datetime]) -> int:
    """How many pairs of neighbours overlap: the independent checker."""
    length = timedelta(minutes=MINUTES)
    return sum(later - earlier < length for earlier, later in pairwise(sold))


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
async def test_exactly_what_fits_is_sold(kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    """1,024 attempts from 64 connections: no overlap, nothing free is left, losers get 409, no 5xx."""
    url = await _database(kind, tmp_path, request, "fight")
    with serving(tmp_path, url) as server:
        told, sold = fight(server, ATTEMPTS)
    assert sum(told.values()) == ATTEMPTS
    assert set(told) == {"201", "409 conflict"}
    assert told["201"] == len(sold)
    assert overlaps(sold) == 0
    length = timedelta(minutes=MINUTES)
    free = [start for start in starts() if all(abs(start - other) >= length for other in sold)]
    assert free == []
    words = server.log.read_text()
    assert "Traceback" not in words
    assert "eadlock" not in words


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
async def test_without_the_guard_the_same_fight_double_books(
    kind: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """The negative control: lock, check and constraint off, and the checker finds overlaps."""
    url = await _database(kind, tmp_path, request, "fight_unguarded")
    with serving(tmp_path, url, module="tests.kit.unguarded") as server:
        _, sold = fight(server, UNGUARDED_ATTEMPTS)
    assert overlaps(sold) > 0


async def _database(kind: str, folder: Path, request: pytest.FixtureRequest, name: str) -> str:
    postgres_url = request.getfixturevalue("postgres_url") if kind == "postgresql" else None
    return await new_database(kind, folder, postgres_url, f"{name}_{request.getfixturevalue('worker_id')}")
