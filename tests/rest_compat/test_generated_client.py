"""A stranger's client: generated from the OpenAPI document by a public generator, it runs the story."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.kit.serving import serving

WITHOUT_GENERATOR = "openapi-python-client is not installed here"

STORY = """
from datetime import UTC, date, datetime, timedelta

from servalodesk import AuthenticatedClient, Client
from servalodesk.api.appointments import (
    servalodesk_appointments_confirm as confirm,
    servalodesk_appointments_create as book,
    servalodesk_appointments_list as list_appointments,
    servalodesk_appointments_no_show as no_show,
)
from servalodesk.api.artists import (
    servalodesk_artists_availability as availability,
    servalodesk_artists_create as create_artist,
)
from servalodesk.api.auth import servalodesk_auth_register as register
from servalodesk.api.clients import servalodesk_clients_create as create_client
from servalodesk.models import Confirmation, Error, NewAppointment, NewArtist, NewClient, Registration

URL = {url!r}

stranger = Client(base_url=URL)
registered = register.sync(
    client=stranger,
    body=Registration(
        email="stranger@example.com", password="hunter2hunter2", full_name="Kai", studio_name="Stranger Ink"
    ),
)
owner = AuthenticatedClient(base_url=URL, token=registered.token)
artist = create_artist.sync(client=owner, body=NewArtist(full_name="Mara Voss", styles=["blackwork"]))
day = date.today() + timedelta(days=30)
slots = availability.sync(id=artist.id, client=owner, start_date=day, end_date=day, duration=180).slots
assert [slot.start.hour for slot in slots] == [10, 13], slots
client = create_client.sync(
    client=owner, body=NewClient(first_name="Jasmine", last_name="Torres", email="jasmine@example.com")
)
assert client.appointment_count == 0 and client.last_appointment_at is None
booking = NewAppointment(
    client_id=client.id,
    artist_id=artist.id,
    start_time=slots[0].start,
    duration_minutes=180,
    quoted_price=400,
)
booked = book.sync(client=owner, body=booking, idempotency_key="once")
again = book.sync(client=owner, body=booking, idempotency_key="once")
assert booked == again and booked.deposit_amount == 120
taken = book.sync_detailed(client=owner, body=booking)
assert taken.status_code == 409 and isinstance(taken.parsed, Error) and taken.parsed.error == "conflict"
confirmed = confirm.sync(id=booked.id, client=owner, body=Confirmation(send_deposit_request=True))
assert confirmed.deposit.amount == 120 and confirmed.notification_sent
page = list_appointments.sync(client=owner, artist_id=artist.id)
assert [one.id for one in page.data] == [booked.id] and page.total == 1 and not page.has_more
absent = no_show.sync(id=booked.id, client=owner)
assert absent.appointment.status == "no_show" and absent.deposit.status == "cancelled"
print("the story is told")
"""


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a running Daybook, on SQLite."""
    folder = tmp_path_factory.mktemp("served")
    with serving(folder, f"sqlite+aiosqlite:///{folder / 'daybook.db'}") as server:
        yield server.url


@pytest.mark.skipif(importlib.util.find_spec("openapi_python_client") is None, reason=WITHOUT_GENERATOR)
def test_a_generated_client_runs_the_story(served: str, tmp_path: Path) -> None:
    """Register, artist, availability, client, appointment, confirm, list, no-show: typed, to the end."""
    (tmp_path / "openapi.json").write_bytes(httpx.get(f"{served}/v1/openapi.json", timeout=30).content)
    (tmp_path / "config.yml").write_text(
        "project_name_override: client\npackage_name_override: servalodesk\npost_hooks: []\n"
    )
    generate = ["generate", "--path", "openapi.json", "--output-path", "client", "--config", "config.yml"]
    program = "from openapi_python_client.cli import app; app()"
    made = subprocess.run(
        [sys.executable, "-c", program, *generate, "--fail-on-warning"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert made.returncode == 0, made.stdout + made.stderr
    (tmp_path / "client" / "story.py").write_text(STORY.format(url=served))
    told = subprocess.run(
        [sys.executable, "story.py"],
        cwd=tmp_path / "client",
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert told.stdout.strip() == "the story is told", told.stdout + told.stderr
