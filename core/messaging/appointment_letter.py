"""What a client is told about an appointment: the same facts for every occasion, the words differ."""

from __future__ import annotations

from core.appointments.reads import APPOINTMENT
from core.deposits.reads import DEPOSIT
from core.directory.reads import BUSINESS, CLIENT, LOCATION, PROVIDER
from core.kernel.context import Context
from core.kernel.money import to_major
from core.kernel.reading import Row, Selection
from core.kernel.text import zone_of
from core.messaging.mail import Letter

_SELECTION = Selection(
    noun=APPOINTMENT,
    fields={"starts_at", "duration_minutes"},
    relations={
        "client": Selection(noun=CLIENT, fields={"display_name", "email"}),
        "provider": Selection(noun=PROVIDER, fields={"display_name"}),
        "location": Selection(noun=LOCATION, fields={"time_zone", "address"}),
        "deposit": Selection(noun=DEPOSIT, fields={"amount_minor", "currency", "due_at"}),
        "business": Selection(noun=BUSINESS, fields={"name"}),
    },
)


async def appointment_letter(
    ctx: Context, template: str, appointment_id: int, message_id: str
) -> Letter | None:
    """The letter of a template about an appointment; None where the client has no address.

    Times are in the zone of the location, and the letter names it.
    """
    row = await ctx.read.one(_SELECTION, appointment_id)
    if row is None or row["client"]["email"] is None:
        return None
    zone = row["location"]["time_zone"]
    return Letter(
        message_id=message_id,
        to=row["client"]["email"],
        template=template,
        facts={
            "business": row["business"]["name"],
            "client": row["client"]["display_name"],
            "provider": row["provider"]["display_name"],
            "starts_at": row["starts_at"].astimezone(zone_of(zone)),
            "duration_minutes": row["duration_minutes"],
            "time_zone": zone,
            "address": row["location"]["address"],
            **_deposit_facts(row["deposit"], zone),
        },
    )


def _deposit_facts(deposit: Row | None, zone: str) -> dict[str, object]:
    if deposit is None:
        return {"deposit": None, "deposit_due_at": None}
    return {
        "deposit": f"{to_major(deposit['amount_minor'], deposit['currency'])} {deposit['currency']}",
        "deposit_due_at": deposit["due_at"].astimezone(zone_of(zone)),
    }
