"""R1, no double booking ever: four client processes with 64 connections fight over few slots.

SOAK_ATTEMPTS says how many tries there are at the fifty slots of a round, of which the soak has ten, and at slots
that overlap by half.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from bootstrap import ROOT
from tests.kit.houses import new_database
from tests.kit.serving import Serving, serving
from tests.kit.soak import SEED, reached, size

PROCESSES, CONNECTIONS = 4, 16
GATE = 512
ATTEMPTS = size("SOAK_ATTEMPTS", gate=GATE)
UNGUARDED_ATTEMPTS = 128
ROUNDS = 10 if ATTEMPTS > GATE else 1
SLOTS, MINUTES = 50, 60
HOUR, HALF_HOUR = timedelta(hours=1), timedelta(minutes=30)


def slots(number: int, every: timedelta, count: int) -> list[datetime]:
    """So many starts of a round, days away from those of any other."""
    first = datetime.now(UTC) + timedelta(days=3 + 4 * number)
    first = first.replace(hour=8, minute=0, second=0, microsecond=0)
    return [first + every * at for at in range(count)]


def exact() -> list[list[datetime]]:
    """Rounds of fifty hours, one after the other."""
    return [slots(number, HOUR, SLOTS) for number in range(ROUNDS)]


def half_overlapping() -> list[list[datetime]]:
    """Twenty starts half an hour apart, so that every hour wanted overlaps its neighbours by half."""
    return [slots(ROUNDS, HALF_HOUR, 20)]


def fight(
    server: Serving, rounds: list[list[datetime]], attempts: int
) -> tuple[Counter[str], list[datetime]]:
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
        "rounds": [[start.isoformat().replace("+00:00", "Z") for start in starts] for starts in rounds],
        "minutes": MINUTES,
        "connections": CONNECTIONS,
        "attempts": attempts // PROCESSES,
    }
    clients = [_client_process({**plan, "seed": SEED + at}) for at in range(PROCESSES)]
    told: Counter[str] = Counter()
    sold: list[datetime] = []
    for process in clients:
        output, _ = process.communicate(timeout=900 + attempts * len(rounds) / 10)
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


async def rows_that_overlap(url: str) -> tuple[int, int]:
    """How many appointments of the newest business stand, and how many pairs of them share a minute.

    Counted by the database itself, from the rows as they are.
    """
    own = "business_id = (SELECT max(business_id) FROM appointments)"
    standing = "status IN ('PENDING', 'CONFIRMED')"
    pairs = (
        "SELECT count(*) FROM appointments a JOIN appointments b ON a.business_id = b.business_id"
        " AND a.provider_id = b.provider_id AND a.id < b.id"
        " AND a.starts_at < b.ends_at AND b.starts_at < a.ends_at"
        f" WHERE a.{own} AND a.{standing} AND b.{standing}"
    )
    engine = create_async_engine(url)
    async with engine.connect() as connection:
        count = await connection.execute(
            text(f"SELECT count(*) FROM appointments WHERE {own} AND {standing}")
        )
        overlapping = await connection.execute(text(pairs))
        found = int(count.scalar_one()), int(overlapping.scalar_one())
    await engine.dispose()
    return found


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
async def test_exactly_what_fits_is_sold(kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    """Fifty of fifty in each round, and of half overlapping ones all that fit; losers get 409, no 5xx."""
    began = time.monotonic()
    url = await _database(kind, tmp_path, request, "fight")
    rounds = [*exact(), *half_overlapping()]
    with serving(tmp_path, url) as server:
        told, sold = fight(server, rounds, ATTEMPTS)
    assert sum(told.values()) == ATTEMPTS * len(rounds)
    assert set(told) == {"201", "409 conflict"}
    assert told["201"] == len(sold)
    assert overlaps(sold) == 0
    for starts in exact():
        assert [start for start in sold if start in starts] == starts
    free = [start for start in half_overlapping()[0] if all(abs(start - other) >= HOUR for other in sold)]
    assert free == []
    assert await rows_that_overlap(url) == (len(sold), 0)
    words = server.log.read_text()
    assert "Traceback" not in words
    assert "eadlock" not in words
    seconds = round(time.monotonic() - began, 1)
    figures = {"sold": told["201"], "refused": told["409 conflict"], "seconds": seconds}
    reached("R1", ATTEMPTS, database=kind, rounds=ROUNDS, slots=SLOTS, **figures)


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
async def test_without_the_guard_the_same_fight_double_books(
    kind: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """The negative control: lock, check and constraint off, and both checkers find overlaps."""
    url = await _database(kind, tmp_path, request, "fight_unguarded")
    with serving(tmp_path, url, module="tests.kit.unguarded") as server:
        _, sold = fight(server, half_overlapping(), UNGUARDED_ATTEMPTS)
    assert overlaps(sold) > 0
    count, overlapping = await rows_that_overlap(url)
    assert count == len(sold)
    assert overlapping > 0


async def _database(kind: str, folder: Path, request: pytest.FixtureRequest, name: str) -> str:
    postgres_url = request.getfixturevalue("postgres_url") if kind == "postgresql" else None
    return await new_database(kind, folder, postgres_url, f"{name}_{request.getfixturevalue('worker_id')}")
