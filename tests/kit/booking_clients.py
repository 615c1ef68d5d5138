"""A client process of the contention test: many connections that all want the same few slots.

Run as `python -m tests.kit.booking_clients`, it reads one JSON line (URL, token, client, artist, rounds of
starts, minutes, connections, attempts of each round, seed) and prints one: how often each answer came, and what
was sold.
"""

from __future__ import annotations

import asyncio
import json
import random
import sys
from collections import Counter
from typing import Any

import httpx


async def book(plan: dict[str, Any]) -> dict[str, Any]:
    """Try the starts of one round after the other, each as often, by dice, over all connections at once."""
    dice = random.Random(plan["seed"])
    answers: Counter[str] = Counter()
    sold: list[str] = []
    limits = httpx.Limits(max_connections=plan["connections"], max_keepalive_connections=plan["connections"])
    headers = {"Authorization": f"Bearer {plan['token']}"}
    async with httpx.AsyncClient(base_url=plan["url"], headers=headers, limits=limits, timeout=60) as http:

        async def one_connection(starts: list[str]) -> None:
            for start in starts:
                body = {
                    "client_id": plan["client"],
                    "artist_id": plan["artist"],
                    "start_time": start,
                    "duration_minutes": plan["minutes"],
                }
                answer = await http.post("/v1/appointments", json=body)
                answers[f"{answer.status_code} {answer.json().get('error', '')}".strip()] += 1
                if answer.status_code == 201:
                    sold.append(start)

        share = plan["connections"]
        for starts in plan["rounds"]:
            wanted = [starts[at % len(starts)] for at in range(plan["attempts"])]
            dice.shuffle(wanted)
            await asyncio.gather(*(one_connection(wanted[at::share]) for at in range(share)))
    return {"answers": answers, "sold": sold}


if __name__ == "__main__":
    print(json.dumps(asyncio.run(book(json.loads(sys.stdin.readline())))))  # noqa: T201
