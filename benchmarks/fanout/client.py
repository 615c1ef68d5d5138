"""The subscribers, in a process of their own: `python -m benchmarks.fanout.client PORT HOW_MANY SECONDS QUERY`.

WebSocket frames are only counted, and one in a hundred is read to see how old it is: the client must
not be what is measured. Prints one line of JSON.
"""

from __future__ import annotations

import asyncio
import base64
import json
import os
import re
import statistics
import sys
from datetime import UTC, datetime
from typing import Any

import uvloop

_SAMPLED = 100
_WHEN = re.compile(rb'"occurredAt":\s*"([^"]+)"')


class Subscriber(asyncio.Protocol):
    """One connection: says hello, subscribes, counts."""

    frames = 0
    measuring = False
    ages: list[float] = []  # noqa: RUF012  # one list for all of them
    acknowledged = 0

    def __init__(self, query: str) -> None:
        self._query = query
        self._buffer = b""
        self._open = False

    def connection_made(self, transport: Any) -> None:
        """Ask for the protocol."""
        self._transport = transport
        key = base64.b64encode(os.urandom(16)).decode()
        transport.write(
            (
                "GET /graphql HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n"
                "Sec-WebSocket-Protocol: graphql-transport-ws\r\n\r\n"
            ).encode()
        )

    def data_received(self, data: bytes) -> None:
        """Count whole frames."""
        self._buffer += data
        if not self._open:
            head, found, rest = self._buffer.partition(b"\r\n\r\n")
            if not found:
                return
            assert b" 101 " in head, head
            self._open, self._buffer = True, rest
            self._say({"type": "connection_init"})
            self._say({"type": "subscribe", "id": "1", "payload": {"query": self._query}})
        while (frame := self._frame()) is not None:
            self._heard(frame)

    def _frame(self) -> bytes | None:
        buffer = self._buffer
        if len(buffer) < 2:
            return None
        length, at = buffer[1] & 127, 2
        if length == 126:
            if len(buffer) < 4:
                return None
            length, at = int.from_bytes(buffer[2:4], "big"), 4
        assert length < 126 or at == 4
        if len(buffer) < at + length:
            return None
        self._buffer = buffer[at + length :]
        return buffer[at : at + length]

    def _heard(self, frame: bytes) -> None:
        if b"connection_ack" in frame[:40]:
            Subscriber.acknowledged += 1
        elif Subscriber.measuring:
            Subscriber.frames += 1
            if Subscriber.frames % _SAMPLED == 0 and (when := _WHEN.search(frame)):
                born = datetime.fromisoformat(when[1].decode())
                Subscriber.ages.append((datetime.now(UTC) - born).total_seconds() * 1_000)

    def _say(self, message: object) -> None:
        body = json.dumps(message).encode()
        size = bytes([128 | len(body)]) if len(body) < 126 else bytes([254]) + len(body).to_bytes(2, "big")
        self._transport.write(b"\x81" + size + bytes(4) + body)  # masked with noughts


async def main() -> None:
    """Connect, wait until all are in, measure."""
    port, count, seconds, query = int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]), sys.argv[4]
    loop = asyncio.get_running_loop()
    for _ in range(count):
        await loop.create_connection(lambda: Subscriber(query), "127.0.0.1", port)
    async with asyncio.timeout(120):
        while Subscriber.acknowledged < count:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    await asyncio.sleep(2)
    Subscriber.measuring = True
    sys.stdout.write("measuring\n")
    sys.stdout.flush()
    began = loop.time()
    await asyncio.sleep(seconds)
    Subscriber.measuring = False
    took = loop.time() - began
    ages = sorted(Subscriber.ages) or [float("nan")]
    told = {
        "deliveries_per_second": Subscriber.frames / took,
        "p50_ms": statistics.median(ages),
        "p99_ms": ages[int(len(ages) * 0.99)],
    }
    sys.stdout.write(json.dumps(told) + "\n")


if __name__ == "__main__":
    uvloop.run(main())
