"""What the owner of a business is told when nothing is sent to a webhook endpoint any more."""

from __future__ import annotations

from core.directory.reads import BUSINESS, PROVIDER
from core.kernel.context import Context
from core.kernel.reading import Selection, Where
from core.messaging.mail import Letter
from core.webhooks.reads import WEBHOOK_ENDPOINT

TEMPLATE = "webhook_disabled"


async def webhook_letter(ctx: Context, endpoint_id: int, cause: str, message_id: str) -> Letter | None:
    """The letter to the first owner with an address; None where there is none, or the endpoint is gone."""
    business = await ctx.read.one(Selection(noun=BUSINESS, fields={"name"}), ctx.business_id)
    endpoint = await ctx.read.one(
        Selection(noun=WEBHOOK_ENDPOINT, fields={"url", "archived_at", "failing_since"}), endpoint_id
    )
    owners = await ctx.read.rows(
        Selection(
            noun=PROVIDER,
            fields={"display_name", "email"},
            where=(Where("role", "eq", "owner"), Where("email", "ne", None)),
        )
    )
    if business is None or endpoint is None or endpoint["archived_at"] is not None or not owners:
        return None
    return Letter(
        message_id=message_id,
        to=owners[0]["email"],
        template=TEMPLATE,
        facts={
            "business": business["name"],
            "owner": owners[0]["display_name"],
            "url": endpoint["url"],
            "cause": cause,
            "failing_since": endpoint["failing_since"],
        },
    )
