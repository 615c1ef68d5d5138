"""What a route row of ServaloDesk cannot say."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from starlette.responses import Response

from auth.create_api_key import create_api_key
from auth.found_own_business import found_own_business
from auth.open_session import SignedIn
from auth.questions import IdentityQuestions, KeyFacts
from auth.refresh import refresh
from auth.sign_in import sign_in
from auth.sign_up import issue, sign_up
from core.appointments.cancel import CancelAppointment, cancel
from core.appointments.complete import CompleteAppointment, complete
from core.appointments.confirm import confirm
from core.appointments.edit import EditAppointment, edit
from core.appointments.life import CANCELLED
from core.appointments.mark_no_show import mark_no_show
from core.availability.find_openings import find_openings
from core.directory.slugs import SlugQuestions
from core.insights.stats import Period, Stats, stats
from core.kernel.errors import NotFound
from core.kernel.text import slug_of
from rest_compat.engine.call import Call
from rest_compat.engine.ids import NO_KEY
from rest_compat.engine.reading import read_one, read_row
from rest_compat.engine.reply import reply_of
from rest_compat.engine.route import calling
from rest_compat.servalodesk.answers import STATES, STUDIO
from rest_compat.servalodesk.spellings import ARTIST_ID


@calling(sign_up)
async def register(call: Call) -> SignedIn:
    """Sign up, and in at once."""
    signed_up = await sign_up(call.ctx, call.gate, call.command, client_ip=call.client_ip)
    return await issue(call.ctx, call.gate, signed_up)


@calling(sign_in)
async def login(call: Call) -> SignedIn:
    """Sign in with a password."""
    return await sign_in(call.ctx, call.gate, call.command, client_ip=call.client_ip)


@calling(refresh)
async def renew(call: Call) -> SignedIn:
    """Exchange a refresh token for the next pair of tokens."""
    return await refresh(call.ctx, call.gate, call.command)


@calling(found_own_business)
async def open_studio(call: Call) -> Response:
    """Found a studio, and show it: the caller's own Context still stands outside it."""
    founded = await found_own_business(call.ctx, call.command)
    async with call.stranger_at(founded.business_id) as there:
        studio = await read_one(there, STUDIO, founded.business_id)
    return reply_of(STUDIO, studio, call.route.status, call.answer_headers)


async def figures(call: Call) -> Stats:
    """The studio's figures in a period."""
    return await stats(call.ctx, Period[call.values["period"]])


@calling(find_openings)
async def slots(call: Call) -> dict[str, Any]:
    """The openings of one artist, day after day in one list."""
    found = await find_openings(call.ctx, call.command)
    return {"slots": [slot for day in found.days.values() for slot in day]}


async def studio_of_artist(call: Call) -> int | None:
    """The studio of the artist with a public address; the artist's key joins the values.

    An id stands for an artist of the caller's own studio.
    """
    address = call.values["slug"]
    business_id, key = call.ctx.actor.business_id, ARTIST_ID.read(address)
    if key == NO_KEY:
        is_slug = slug_of(address) == address
        found = await call.ctx.ask(SlugQuestions).find("provider", address) if is_slug else None
        if found is None:
            raise NotFound("provider")
        business_id, key = found
    if business_id is None:
        raise NotFound("provider")
    call.values = {**call.values, "provider_id": key}
    return business_id


@calling(edit, cancel, complete)
async def change_appointment(call: Call) -> int:
    """Edit and move, or else complete or call off."""
    key, status = call.values["appointment_id"], call.values.get("status")
    if status is None:
        await edit(call.ctx, EditAppointment(**call.values, idempotency_key=call.idempotency_key))
    elif status == CANCELLED:
        cancellation = CancelAppointment(
            appointment_id=key, within_policies=False, idempotency_key=call.idempotency_key
        )
        await cancel(call.ctx, cancellation)
    else:
        completion = CompleteAppointment(appointment_id=key, idempotency_key=call.idempotency_key)
        await complete(call.ctx, completion)
    return int(key)


@calling(confirm)
async def confirm_appointment(call: Call) -> dict[str, Any]:
    """Confirm, and ask for the deposit once."""
    confirmed = await confirm(call.ctx, call.command)
    # The contract's word is of the deposit's letter: without a deposit it is false.
    is_asked = confirmed.client_is_told and confirmed.deposit_id is not None
    return await _settled(call, confirmed.appointment_id, client_is_told=is_asked)


@calling(mark_no_show)
async def note_absence(call: Call) -> dict[str, Any]:
    """Mark as no-show."""
    marked = await mark_no_show(call.ctx, call.command)
    return await _settled(call, marked.appointment_id, client_is_told=marked.client_is_told)


@calling(cancel)
async def call_off(call: Call) -> dict[str, Any]:
    """Cancel."""
    cancelled = await cancel(call.ctx, call.command)
    return await _settled(call, cancelled.appointment_id, client_is_told=cancelled.client_is_told)


async def _settled(call: Call, appointment_id: int, *, client_is_told: bool) -> dict[str, Any]:
    """The appointment and its deposit once a verb is done with them."""
    row = await read_row(call.ctx, STATES, appointment_id)
    return {"appointment": row, "client_is_told": client_is_told}


async def list_api_keys(call: Call) -> list[KeyFacts]:
    """The studio's keys, without their secrets."""
    return await call.ctx.ask(IdentityQuestions).keys_of(call.ctx.business_id)


@calling(create_api_key)
async def make_api_key(call: Call) -> dict[str, Any]:
    """A new key, whose secret is shown this once."""
    made = await create_api_key(call.ctx, call.command)
    return {
        "key_id": made.key_id,
        "name": call.command.name,
        "secret": made.secret,
        "created_at": datetime.fromisoformat(made.created_at),
    }
