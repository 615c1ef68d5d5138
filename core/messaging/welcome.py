"""What the owner of a new business is told."""

from __future__ import annotations

from core.directory.reads import BUSINESS, PROVIDER
from core.kernel.context import Context
from core.kernel.reading import Selection, Where
from core.messaging.mail import Letter

TEMPLATE = "welcome"


async def welcome(ctx: Context, message_id: str) -> Letter | None:
    """The letter to the owner of the business; None where no address is known."""
    business = await ctx.read.one(Selection(noun=BUSINESS, fields={"name", "slug"}), ctx.business_id)
    owners = await ctx.read.rows(
        Selection(
            noun=PROVIDER,
            fields={"display_name", "email"},
            where=(Where("role", "eq", "owner"), Where("email", "ne", None)),
        )
    )
    if business is None or not owners:
        return None
    return Letter(
        message_id=message_id,
        to=owners[0]["email"],
        template=TEMPLATE,
        facts={"business": business["name"], "owner": owners[0]["display_name"]},
    )
