"""One process that owns a SQLite file, and four client processes that reach it over loopback.

`python -m benchmarks.booking.served PORT` reads the shop as one JSON line and serves `POST /WAY/PROVIDER/SLOT`:
what the answer costs beside the booking, or the bare insert, is the same for both.
"""

from __future__ import annotations

import http.client
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import Any

import uvicorn

from benchmarks.booking.clients import EACH, WARM_FROM, WAYS, Shop, house_on, spent_by
from tests.kit.processes import free_port


def main() -> None:
    """Serve until the process is ended."""
    shop = Shop(**json.loads(sys.stdin.readline()))
    house = house_on(shop.url)

    async def answer(scope: Any, receive: Any, send: Any) -> None:
        _, way, number, at = scope["path"].split("/")
        await WAYS[way](house, shop, int(number), int(at), 1)
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    uvicorn.run(answer, port=int(sys.argv[1]), lifespan="off", log_level="error", access_log=False)


def by_clients(shop: Shop, way: str, first: int) -> float:
    """Seconds that four client processes need for their slots, from when the first of them begins."""
    with _server(shop) as port:
        return spent_by(_in_client, port, way, first)


@contextmanager
def _server(shop: Shop) -> Iterator[int]:
    port = free_port()
    process = subprocess.Popen(  # noqa: S603  # our own module
        [sys.executable, "-m", "benchmarks.booking.served", str(port)], stdin=subprocess.PIPE, text=True
    )
    assert process.stdin is not None
    process.stdin.write(json.dumps(asdict(shop)) + "\n")
    process.stdin.flush()
    try:
        _await(port)
        yield port
    finally:
        process.terminate()
        process.wait()


def _await(port: int) -> None:
    for _ in range(600):
        try:
            http.client.HTTPConnection("127.0.0.1", port, timeout=1).connect()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError("the server is not there after a minute")


def _in_client(port: int, way: str, number: int, first: int, ready: Any, spent: Any) -> None:
    """One client process: warm first, then at the same moment as the others."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)

    def ask(at: int) -> None:
        connection.request("POST", f"/{way}/{number}/{at}")
        answer = connection.getresponse()
        answer.read()
        if answer.status != 204:
            raise RuntimeError(f"the server answered {answer.status}")

    for at in range(WARM_FROM + first, WARM_FROM + first + 3):
        ask(at)
    ready.wait()
    begun = time.time()
    for at in range(first, first + EACH):
        ask(at)
    spent.put((begun, time.time()))


if __name__ == "__main__":
    main()
