"""What a client is told when an appointment is booked."""

from __future__ import annotations

from core.appointments.reads import APPOINTMENT
from core.directory.reads import BUSINESS, CLIENT, LOCATION, PROVIDER
from core.kernel.context import Context
from core.kernel.reading import Selection
from core.kernel.text import zone_of
from core.messaging.mail import Letter

TEMPLATE = "booking_confirmation"


async def booking_confirmation(ctx: Context, appointment_id: int, message_id: str) -> Letter | None:
    """The letter for an appointment, its times in the location's zone; None where no address is known."""
    business = await ctx.read.one(Selection(noun=BUSINESS, fields={"name"}), ctx.business_id)
    appointment = await ctx.read.one(
        Selection(
            noun=APPOINTMENT,
            fields={"starts_at", "duration_minutes"},
            relations={
                "client": Selection(noun=CLIENT, fields={"display_name", "email"}),
                "provider": Selection(noun=PROVIDER, fields={"display_name"}),
                "location": Selection(noun=LOCATION, fields={"name", "time_zone", "address"}),
            },
        ),
        appointment_id,
    )
    if business is None or appointment is None or appointment["client"]["email"] is None:
        return None
    zone = zone_of(appointment["location"]["time_zone"])
    return Letter(
        message_id=message_id,
        to=appointment["client"]["email"],
        template=TEMPLATE,
        facts={
            "business": business["name"],
            "client": appointment["client"]["display_name"],
            "provider": appointment["provider"]["display_name"],
            "starts_at": appointment["starts_at"].astimezone(zone),
            "duration_minutes": appointment["duration_minutes"],
            "time_zone": appointment["location"]["time_zone"],
            "address": appointment["location"]["address"],
        },
    )
