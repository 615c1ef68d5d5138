"""`python -m benchmarks.fanout`: ours, ours through ASGI, and stock, one after the other; prints a table with ratios.

--subscribers 1000, --rate 100 events each second, --seconds 10; --memory EVENTS instead tells so many
events to five subscribers and prints how the server's memory grows.
"""

from __future__ import annotations

import argparse
import json
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from benchmarks.fanout.figures import cpu_seconds, memory_mb

OURS = (
    "subscription { bookingEvents { cursor type occurredAt"
    " ... on AppointmentCancelled { appointmentId clientIsTold } } }"
)
STOCK = "subscription { bookingEvents { cursor type occurredAt appointmentId clientIsTold } }"


def main() -> None:
    """Run what the command line asks for."""
    asked = argparse.ArgumentParser(prog="benchmarks.fanout")
    asked.add_argument("--subscribers", type=int, default=1_000)
    asked.add_argument("--rate", type=float, default=100)
    asked.add_argument("--stock-rate", type=float, default=None)
    asked.add_argument("--seconds", type=float, default=10)
    asked.add_argument("--memory", type=int, default=None)
    asked.add_argument("--stock-subscribers", type=int, default=None)
    given = asked.parse_args()
    if given.memory is not None:
        _memory(given.memory)
        return
    rows = {
        side: _measured(side, OURS, given.subscribers, given.rate, given.seconds) for side in ("ours", "asgi")
    }
    rows |= {
        "stock": _measured(
            "stock",
            STOCK,
            given.stock_subscribers or given.subscribers,
            given.stock_rate or given.rate,
            given.seconds,
        ),
    }
    _say(f"{given.subscribers} subscribers, {given.rate:g} events/s, {given.seconds:g} s")
    for name, row in rows.items():
        _say(
            f"{name:6} {row['deliveries_per_second']:>9,.0f} deliveries/s  p50 {row['p50_ms']:,.1f} ms  "
            f"p99 {row['p99_ms']:,.1f} ms  {row['cpu_us']:.1f} µs CPU each  {row['memory_mb']:.0f} MB"
        )
    ours, stock = rows["ours"], rows["stock"]
    _say(
        f"ratio  {ours['deliveries_per_second'] / stock['deliveries_per_second']:.1f} × the deliveries, "
        f"1/{stock['cpu_us'] / ours['cpu_us']:.0f} of the CPU for each"
    )


def _measured(side: str, query: str, subscribers: int, rate: float, seconds: float) -> dict[str, Any]:
    with _server(side, rate) as (server, port), _client(port, subscribers, seconds, query) as client:
        assert client.stdout is not None
        assert client.stdout.readline() == "all here\n"
        server.send_signal(signal.SIGUSR1)
        assert client.stdout.readline() == "measuring\n"
        before = cpu_seconds(server.pid)
        row: dict[str, Any] = json.loads(client.stdout.readline())
        user, system = (now - then for now, then in zip(cpu_seconds(server.pid), before, strict=True))
        deliveries = max(1.0, row["deliveries_per_second"] * seconds)
        row["cpu_us"] = (user + system) / deliveries * 1e6
        row["kernel_us"] = system / deliveries * 1e6
        row["share"] = (user + system) / seconds
        row["memory_mb"] = memory_mb(server.pid)
    _say(f"{side}: {json.dumps(row)}")
    return row


def _memory(events: int) -> None:
    rate = 2_000.0
    seconds = events / rate
    with _server("ours", rate) as (server, port), _client(port, 5, seconds + 5, OURS):
        time.sleep(10)
        for _ in range(6):
            _say(f"{memory_mb(server.pid):.1f} MB")
            time.sleep(seconds / 5)


@contextmanager
def _server(side: str, rate: float) -> Iterator[tuple[subprocess.Popen[str], int]]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    with _running("benchmarks.fanout.server", side, str(port), str(rate)) as process:
        for _ in range(200):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        yield process, port


@contextmanager
def _client(port: int, count: int, seconds: float, query: str) -> Iterator[subprocess.Popen[str]]:
    given = (str(port), str(count), str(seconds), "own", query)
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


def _say(words: str) -> None:
    sys.stdout.write(words + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
