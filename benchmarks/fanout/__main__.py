"""`python -m benchmarks.fanout`: each side in turn, many subscribers of one document; prints a table with ratios.

--sides ours,asgi,real,stock: which, see server.py. --subscribers 1000, --rate 100 events each second,
--seconds 10; --stock-subscribers and --stock-rate for the stock side, which cannot follow that.
--ids same gives every operation the id "1". --memory EVENTS instead tells so many events to five
subscribers and prints how the server's memory grows.
"""

from __future__ import annotations

import argparse
import json
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from benchmarks.fanout.figures import busy_seconds, cpu_seconds, memory_mb

OURS = (
    "subscription { bookingEvents { cursor type occurredAt"
    " ... on AppointmentCancelled { appointmentId clientIsTold } } }"
)
REAL = "subscription { bookingEvents { cursor type occurredAt ... on ClientCreated { clientId } } }"
STOCK = "subscription { bookingEvents { cursor type occurredAt appointmentId clientIsTold } }"
QUERIES = {"ours": OURS, "asgi": OURS, "real": REAL, "stock": STOCK}

_MEMORY_RATE = 2_000.0
_MEMORY_LOOKS = 10


def main() -> None:
    """Run what the command line asks for."""
    asked = argparse.ArgumentParser(prog="benchmarks.fanout")
    asked.add_argument("--sides", default="ours,asgi,real,stock")
    asked.add_argument("--subscribers", type=int, default=1_000)
    asked.add_argument("--rate", type=float, default=100)
    asked.add_argument("--stock-subscribers", type=int, default=None)
    asked.add_argument("--stock-rate", type=float, default=None)
    asked.add_argument("--seconds", type=float, default=10)
    asked.add_argument("--ids", choices=("own", "same"), default="own")
    asked.add_argument("--memory", type=int, default=None)
    given = asked.parse_args()
    if given.memory is not None:
        _memory(given.memory)
        return
    rows = {}
    for side in given.sides.split(","):
        is_stock = side == "stock"
        rows[side] = _measured(
            side,
            subscribers=(given.stock_subscribers if is_stock else None) or given.subscribers,
            rate=(given.stock_rate if is_stock else None) or given.rate,
            seconds=given.seconds,
            ids=given.ids,
        )
        _say(_line(side, rows[side]))
    if "stock" in rows:
        for side in rows.keys() - {"stock"}:
            _say(_ratios(side, rows[side], rows["stock"]))


def _measured(side: str, *, subscribers: int, rate: float, seconds: float, ids: str) -> dict[str, Any]:
    """What the subscribers saw, and what it cost the server meanwhile."""
    with (
        _server(side, rate) as (server, port, token),
        _client(side, port, subscribers, seconds, ids, token) as client,
    ):
        _await(client, "all here")
        server.send_signal(signal.SIGUSR1)
        _await(client, "measuring")
        before, busy, began = cpu_seconds(server.pid), busy_seconds(), time.monotonic()
        row: dict[str, Any] = json.loads(_heard(client))
        took = time.monotonic() - began
        user, system = (now - then for now, then in zip(cpu_seconds(server.pid), before, strict=True))
        deliveries = max(1.0, row["deliveries_per_second"] * seconds)
        return {
            **row,
            "subscribers": subscribers,
            "rate": rate,
            "cpu_us": (user + system) / deliveries * 1e6,
            "kernel_us": system / deliveries * 1e6,
            "share": (user + system) / took,
            "others_share": (busy_seconds() - busy - user - system) / took - row["client_share"],
            "memory_mb": memory_mb(server.pid),
        }


def _line(side: str, row: dict[str, Any]) -> str:
    return (
        f"{side:6} {row['subscribers']} × {row['rate']:g}/s: {row['deliveries_per_second']:>9,.0f} deliveries/s, "
        f"{row['fewest']} to {row['most']} each; p50 {row['p50_ms']:,.1f} ms, p99 {row['p99_ms']:,.1f} ms; "
        f"{row['cpu_us']:.1f} µs CPU each, {row['kernel_us']:.1f} of it the kernel's; {row['memory_mb']:.0f} MB; "
        f"cores: server {row['share']:.2f}, subscribers {row['client_share']:.2f}, others {row['others_share']:.2f}"
    )


def _ratios(side: str, row: dict[str, Any], stock: dict[str, Any]) -> str:
    return (
        f"{side} ÷ stock: {row['deliveries_per_second'] / stock['deliveries_per_second']:.1f} × the deliveries, "
        f"1/{stock['cpu_us'] / row['cpu_us']:.0f} of the CPU for each, p99 {row['p99_ms'] / stock['p99_ms']:.3f}, "
        f"memory {row['memory_mb'] / stock['memory_mb']:.2f}"
    )


def _memory(events: int) -> None:
    """Tell so many events to five subscribers, and look at the server's memory on the way."""
    with (
        _server("ours", _MEMORY_RATE) as (server, port, token),
        _client("ours", port, 5, events / _MEMORY_RATE, "own", token) as client,
    ):
        _await(client, "all here")
        server.send_signal(signal.SIGUSR1)
        _await(client, "measuring")
        for look in range(_MEMORY_LOOKS):
            _say(f"{look / _MEMORY_LOOKS:4.0%} {memory_mb(server.pid):.1f} MB")
            time.sleep(events / _MEMORY_RATE / _MEMORY_LOOKS)
        row = json.loads(_heard(client))
        _say(
            f"100% {memory_mb(server.pid):.1f} MB; each was told {row['fewest']:,} to {row['most']:,} events"
        )


@contextmanager
def _server(side: str, rate: float) -> Iterator[tuple[subprocess.Popen[str], int, str]]:
    """A server that answers, its port, and the token that subscribers need."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    with (
        tempfile.TemporaryDirectory() as folder,
        _running("benchmarks.fanout.server", side, str(port), str(rate), folder) as process,
    ):
        token = _heard(process)
        for _ in range(200):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        yield process, port, token


@contextmanager
def _client(
    side: str, port: int, count: int, seconds: float, ids: str, token: str
) -> Iterator[subprocess.Popen[str]]:
    given = (str(port), str(count), str(seconds), ids, QUERIES[side], token)
    with _running("benchmarks.fanout.client", *given) as process:
        yield process


@contextmanager
def _running(module: str, *words: str) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", module, *words]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)  # noqa: S603
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def _heard(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().removesuffix("\n")


def _await(process: subprocess.Popen[str], words: str) -> None:
    heard = _heard(process)
    if heard != words:
        raise SystemExit(f"expected {words!r} and heard {heard!r}")


def _say(words: str) -> None:
    sys.stdout.write(words + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
