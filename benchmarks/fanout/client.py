"""The subscribers, in a process of their own: plain sockets and epoll, so that they are not what is measured.

    python -m benchmarks.fanout.client PORT HOW_MANY SECONDS same|own QUERY TOKEN

Frames are told apart by their headers and counted; only of every twentieth subscriber each event is read, for
how old it is. `own` gives each operation an id of its own, as the usual clients do, `same` calls all "1".
Prints "all here" once everybody has heard an event, "measuring" when it begins to, and one line of JSON at the end.
"""

from __future__ import annotations

import base64
import json
import os
import re
import select
import socket
import sys
import time
import uuid
from datetime import datetime

from benchmarks.fanout.figures import percentile

_SAMPLED = 20
_WHEN = re.compile(rb'"occurredAt":\s*"([^"]+)"')
_TEXT, _PING, _PONG = 0x81, 0x89, 0x8A
_SMALLEST_EVENT = 100
_SETTLING_SECONDS = 1.5


class Subscriber:
    """One connection: says hello, subscribes, counts."""

    def __init__(self, port: int, id: str, query: str, token: str) -> None:
        self.events = 0
        self.samples: list[float] | None = None
        self._rest = b""
        self.socket = socket.create_connection(("127.0.0.1", port))
        key = base64.b64encode(os.urandom(16)).decode()
        self.socket.sendall(
            (
                "GET /graphql HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n"
                "Sec-WebSocket-Protocol: graphql-transport-ws\r\n\r\n"
            ).encode()
        )
        self._await(b"\r\n\r\n")
        self._say(
            {"type": "connection_init", "payload": {"Authorization": f"Bearer {token}"} if token else {}}
        )
        self._await(b"connection_ack", b"}")
        self._say({"type": "subscribe", "id": id, "payload": {"query": query}})
        self.socket.setblocking(False)

    def take(self, data: bytearray, end: int, now: float) -> None:
        """Count the events in what was received; the rest of a frame is kept for the next time."""
        if self._rest:
            data = bytearray(self._rest + data[:end])
            end = len(data)
        at = 0
        while end - at >= 4:
            size, body = data[at + 1], at + 2
            if size == 126:
                size, body = data[at + 2] << 8 | data[at + 3], at + 4
            if body + size > end:
                break
            if data[at] == _TEXT and size >= _SMALLEST_EVENT:
                self.events += 1
                if self.samples is not None:
                    self._sample(data[body : body + size], now)
            elif data[at] == _PING:
                self._frame(_PONG, bytes(data[body : body + size]))
            at = body + size
        self._rest = bytes(data[at:end]) if at < end else b""

    def _sample(self, event: bytearray, now: float) -> None:
        when = _WHEN.search(event)
        assert when is not None and self.samples is not None, event
        self.samples.append((now - datetime.fromisoformat(when[1].decode()).timestamp()) * 1_000)

    def _await(self, *words: bytes) -> None:
        heard = b""
        while not all(word in heard for word in words):
            received = self.socket.recv(4_096)
            assert received, heard
            heard += received

    def _say(self, message: object) -> None:
        self._frame(_TEXT, json.dumps(message).encode())

    def _frame(self, kind: int, body: bytes) -> None:
        size = bytes([128 | len(body)]) if len(body) < 126 else bytes([254]) + len(body).to_bytes(2, "big")
        self.socket.send(bytes([kind]) + size + bytes(4) + body)  # masked with noughts


class Crowd:
    """All subscribers, served as fast as their sockets fill."""

    def __init__(self, subscribers: list[Subscriber]) -> None:
        self.all = subscribers
        self._poll = select.epoll()
        self._by_number = {one.socket.fileno(): (one.socket.recv_into, one.take) for one in subscribers}
        self._buffer = bytearray(1 << 18)
        for number in self._by_number:
            self._poll.register(number, select.EPOLLIN)

    def listen(self, seconds: float, *, until_all_heard: bool = False) -> None:
        """Take what comes for so long."""
        by_number, buffer, end = self._by_number, self._buffer, time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            for number, _ in self._poll.poll(left):
                receive, take = by_number[number]
                size = receive(buffer)
                if not size:
                    raise SystemExit("a subscriber was sent away")
                take(buffer, size, time.time())
            if until_all_heard and all(one.events for one in self.all):
                return


def main() -> None:
    """Connect, wait until all are in, measure."""
    port, count, seconds = int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])
    has_one_id, query, token = sys.argv[4] == "same", sys.argv[5], sys.argv[6]
    crowd = Crowd(
        [Subscriber(port, "1" if has_one_id else str(uuid.uuid4()), query, token) for _ in range(count)]
    )
    crowd.listen(60, until_all_heard=True)
    _say("all here")
    crowd.listen(_SETTLING_SECONDS)
    for number, one in enumerate(crowd.all):
        one.events = 0
        one.samples = [] if number % _SAMPLED == 0 else None
    _say("measuring")
    began, worked = time.monotonic(), time.process_time()
    crowd.listen(seconds)
    took, worked = time.monotonic() - began, time.process_time() - worked
    ages = [age for one in crowd.all for age in one.samples or ()]
    told = {
        "deliveries_per_second": sum(one.events for one in crowd.all) / took,
        "fewest": min(one.events for one in crowd.all),
        "most": max(one.events for one in crowd.all),
        "p50_ms": percentile(ages, 50),
        "p99_ms": percentile(ages, 99),
        "client_share": worked / took,
    }
    _say(json.dumps(told))


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
