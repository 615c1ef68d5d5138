"""Changing and archiving people and the business itself."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from core.appointments.cancel import CancelAppointment, cancel
from core.availability.find_openings import FindOpenings, find_openings
from core.directory.archive_client import ArchiveClient, archive_client
from core.directory.archive_provider import ArchiveProvider, archive_provider
from core.directory.business import SlugTaken
from core.directory.client import EmailTaken
from core.directory.close_business import CloseBusiness, close_business
from core.directory.create_client import CreateClient, create_client
from core.directory.provider import ProviderStillNeeded
from core.directory.update_business import UpdateBusiness, update_business
from core.directory.update_client import UpdateClient, update_client
from core.directory.update_provider import UpdateProvider, update_provider
from core.kernel.errors import Invalid, NotFound, Unauthenticated
from tests.kit.houses import NOW, Studio


async def test_only_what_is_given_changes_and_none_empties(studio: Studio) -> None:
    """UNSET leaves, None empties, a value sets."""
    key = await studio.client(email="a@example.com", phone="+15125550142", allergies="Nickel")
    await update_client(studio.ctx, UpdateClient(client_id=key, phone=None, allergies="Latex"))
    (kept,) = await studio.table("clients")
    assert (kept["email"], kept["phone"], kept["phone_e164"]) == ("a@example.com", None, None)
    assert kept["display_name"] == "Jasmine Torres"


@pytest.mark.parametrize(
    ("change", "names"),
    [
        ({"display_name": "Ana de Souza"}, ("Ana de Souza", "Ana de", "Souza")),
        ({"given_name": "Jaz"}, ("Jaz Torres", "Jaz", "Torres")),
        ({"display_name": "J. T.", "given_name": "Jaz"}, ("J. T.", "Jaz", "Torres")),
    ],
)
async def test_names_follow_what_was_given(
    studio: Studio, change: dict[str, Any], names: tuple[str, str, str]
) -> None:
    """A display name is split anew, a new given name makes a new display name, both stand as given."""
    key = await studio.client()
    await update_client(studio.ctx, UpdateClient(client_id=key, **change))
    (kept,) = await studio.table("clients")
    assert (kept["display_name"], kept["given_name"], kept["family_name"]) == names


async def test_a_client_may_keep_but_not_take_an_address(studio: Studio) -> None:
    """One's own address in other case is fine; somebody else's is EmailTaken and changes nothing."""
    mine = await studio.client(email="a@example.com")
    await studio.client("Other", email="b@example.com")
    await update_client(studio.ctx, UpdateClient(client_id=mine, email="A@Example.com"))
    before = await studio.state()
    with pytest.raises(EmailTaken):
        await update_client(studio.ctx, UpdateClient(client_id=mine, email="B@example.com"))
    assert await studio.state() == before


async def test_an_archived_client_is_gone_but_its_appointments_stay(studio: Studio) -> None:
    """No more changes or bookings; the address is free; the appointment still names the client."""
    key = await studio.client(email="a@example.com")
    await studio.appointment(key)
    await archive_client(studio.ctx, ArchiveClient(client_id=key))
    for act in (
        archive_client(studio.ctx, ArchiveClient(client_id=key)),
        update_client(studio.ctx, UpdateClient(client_id=key, phone="1")),
        studio.appointment(key, starts_at=NOW + timedelta(days=2)),
    ):
        with pytest.raises(NotFound):
            await act
    await create_client(studio.ctx, CreateClient(display_name="New", email="a@example.com"))
    assert [row["client_id"] for row in await studio.table("appointments")] == [key]


async def test_a_provider_with_appointments_ahead_stays(studio: Studio) -> None:
    """ProviderStillNeeded until the appointment is cancelled; then archived and out of every list."""
    mara = await studio.provider()
    key = await studio.appointment(await studio.client(), provider_id=mara)
    before = await studio.state()
    with pytest.raises(ProviderStillNeeded) as refused:
        await archive_provider(studio.ctx, ArchiveProvider(provider_id=mara))
    assert refused.value.reason == "APPOINTMENTS_AHEAD"
    assert await studio.state() == before
    await cancel(studio.ctx, CancelAppointment(appointment_id=key))
    await archive_provider(studio.ctx, ArchiveProvider(provider_id=mara))
    day = NOW.date() + timedelta(days=1)
    listing = FindOpenings(first=day, last=day, provider_ids=[mara], duration_minutes=60, for_staff=True)
    with pytest.raises(NotFound):
        await find_openings(studio.ctx, listing)
    with pytest.raises(NotFound):
        await update_provider(studio.ctx, UpdateProvider(provider_id=mara, display_name="X"))


async def test_the_last_owner_can_neither_leave_nor_step_down(studio: Studio) -> None:
    """Until somebody else is an owner."""
    mara = await studio.provider()
    step_down = UpdateProvider(provider_id=studio.provider_id, role="provider")
    before = await studio.state()
    with pytest.raises(ProviderStillNeeded):
        await update_provider(studio.ctx, step_down)
    with pytest.raises(ProviderStillNeeded):
        await archive_provider(studio.ctx, ArchiveProvider(provider_id=studio.provider_id))
    assert await studio.state() == before
    await update_provider(studio.ctx, UpdateProvider(provider_id=mara, role="owner"))
    await update_provider(studio.ctx, step_down)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"display_name": " "}, "REQUIRED"),
        ({"role": "king"}, "UNKNOWN_ROLE"),
        ({"deposit_percent": Decimal("100.01")}, "OUT_OF_RANGE"),
        ({"slug": "Not A Slug"}, "BAD_SLUG"),
        ({"weekly_hours": {"monday": [[600, 500]]}}, "BAD_SHIFT"),
        ({"weekly_hours": {"someday": []}}, "UNKNOWN_WEEKDAY"),
        ({"styles": ["a\x00b"]}, "BAD_CHARACTER"),
    ],
)
async def test_bad_values_change_nothing(studio: Studio, change: dict[str, Any], code: str) -> None:
    """Each is refused with its code."""
    before = await studio.state()
    with pytest.raises(Invalid) as refused:
        await update_provider(studio.ctx, UpdateProvider(provider_id=studio.provider_id, **change))
    assert [issue.code for issue in refused.value.issues] == [code]
    assert await studio.state() == before


async def test_public_addresses_change_hands(studio: Studio, other_studio: Studio) -> None:
    """A taken one is SlugTaken; one that was given up can be taken by somebody else."""
    number = studio.business_id
    await update_business(studio.ctx, UpdateBusiness(slug=f"ink-{number}"))
    before = await other_studio.state()
    with pytest.raises(SlugTaken):
        await update_business(other_studio.ctx, UpdateBusiness(slug=f"ink-{number}"))
    assert await other_studio.state() == before
    await update_business(studio.ctx, UpdateBusiness(slug=f"ink-anew-{number}"))
    await update_business(other_studio.ctx, UpdateBusiness(slug=f"ink-{number}"))


async def test_a_new_zone_moves_the_locations_that_were_in_the_old_one(studio: Studio) -> None:
    """The hours of the first location are then read in the new zone."""
    await update_business(studio.ctx, UpdateBusiness(time_zone="Asia/Tokyo"))
    assert [row["time_zone"] for row in await studio.table("locations")] == ["Asia/Tokyo"]


async def test_a_closed_business_lets_nobody_in(studio: Studio) -> None:
    """Its owner's token is refused wherever it is not remembered, and its data stays."""
    await close_business(studio.ctx, CloseBusiness())
    with pytest.raises(Unauthenticated):
        async with studio.house.visit(f"Bearer {studio.token}", client_ip="127.0.0.1", request_id="closed"):
            pass
    assert len(await studio.table("providers")) == 1
