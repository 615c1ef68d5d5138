"""`daybook serve` as a process: seeded, ready, stopped, started again."""

from __future__ import annotations

import re
import time
from pathlib import Path

import httpx

from app.seed import DEMO_EMAIL, DEMO_PASSWORD
from tests.kit.serving import daybook, serving


def test_demo_serving_seeds_once_answers_everywhere_and_stops_in_time(tmp_path: Path) -> None:
    """Ready only when seeded; every page of the start page answers, and what takes a ticket is no link; SIGTERM ends it; data is kept."""
    url = f"sqlite+aiosqlite:///{tmp_path}/daybook.db"
    with serving(tmp_path, url) as server:
        for path in (
            "/",
            "/livez",
            "/readyz",
            "/metrics",
            "/schema.graphql",
            "/dev/mail",
            "/v1/openapi.json",
        ):
            assert httpx.get(server.url + path).status_code == 200, path
        home = httpx.get(server.url).text
        linked = re.findall('href="(.*?)"', home)
        assert linked == [
            "/graphql",
            "/schema.graphql",
            "/v1/openapi.json",
            "/dev/mail",
            "/readyz",
            "/metrics",
        ]
        assert "<td><code>/events</code></td><td>the log as it grows, for EventSource, with a ticket" in home
        credentials = {"email": DEMO_EMAIL, "password": DEMO_PASSWORD}
        signed_in = httpx.post(f"{server.url}/v1/auth/login", json=credentials)
        headers = {"Authorization": f"Bearer {signed_in.json()['token']}"}
        studio = httpx.get(f"{server.url}/v1/studio", headers=headers).json()
        assert (studio["name"], studio["artists_count"]) == ("Midnight Ink Studio", 3)
        clients = httpx.get(f"{server.url}/v1/clients", headers=headers).json()
        assert (clients["total"], len(clients["data"])) == (40, 20)
        started = time.monotonic()
        assert server.stop() == 0
        assert time.monotonic() - started < 15
        server.start()
        again = httpx.get(f"{server.url}/v1/clients", headers=headers).json()
        assert again == clients
    assert "Traceback" not in server.log.read_text()


def test_a_second_process_on_the_same_file_is_refused(tmp_path: Path) -> None:
    """While one serves, another `serve` and a writing command are refused by name of the process."""
    url = f"sqlite+aiosqlite:///{tmp_path}/daybook.db"
    with serving(tmp_path, url) as server:
        assert server.process is not None
        for verb in ("migrate", "seed"):
            ended = daybook(verb, folder=tmp_path, DATABASE_URL=url, DEMO="true")
            assert (ended.returncode, ended.stdout) == (2, "")
            assert f"in use by process {server.process.pid}" in ended.stderr


def test_postgresql_is_not_served_before_it_is_migrated(tmp_path: Path, empty_postgres: str) -> None:
    """Outside demo mode `serve` says to migrate first; after `daybook migrate` it serves."""
    settings = {"DATABASE_URL": empty_postgres, "SECRET_KEY": "x" * 12 + "abcdefghij" * 3, "DEMO": "false"}
    refused = daybook("serve", folder=tmp_path, **settings, PORT="0")
    assert refused.returncode != 0
    assert "run `daybook migrate` first" in refused.stdout + refused.stderr
    assert daybook("migrate", folder=tmp_path, **settings).stdout.startswith(
        "The database went from step none"
    )
    assert "already" in daybook("migrate", folder=tmp_path, **settings).stdout
    given = {name: value for name, value in settings.items() if name != "DATABASE_URL"}
    with serving(tmp_path, empty_postgres, **given) as server:
        assert httpx.get(f"{server.url}/dev/mail").status_code == 404
        assert "Midnight Ink" not in httpx.get(server.url).text
