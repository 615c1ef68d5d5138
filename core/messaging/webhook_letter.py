"""What those who look after webhooks are told when nothing is sent to an endpoint any more."""

from __future__ import annotations

from core.directory.reads import BUSINESS, PROVIDER
from core.kernel.context import Context
from core.kernel.reading import Selection, Where
from core.messaging.mail import Letter
from core.messaging.questions import MessagingQuestions
from core.webhooks.reads import WEBHOOK_ENDPOINT

TEMPLATE = "webhook_disabled"
READERS = ("owner", "manager")
"""The roles that may change webhook endpoints."""


async def webhook_letters(ctx: Context, endpoint_id: int, cause: str, message_id: str) -> list[Letter]:
    """A letter to every owner and manager with an address, in the business's language.

    None where the endpoint was deleted, or works again. Each letter has an id of its own, made of
    `message_id` and its reader's key.
    """
    business = await ctx.read.one(Selection(noun=BUSINESS, fields={"name"}), ctx.business_id)
    endpoint = await ctx.read.one(
        Selection(noun=WEBHOOK_ENDPOINT, fields={"url", "archived_at", "is_active", "failing_since"}),
        endpoint_id,
    )
    if business is None or endpoint is None or endpoint["archived_at"] is not None or endpoint["is_active"]:
        return []
    readers = await ctx.read.rows(
        Selection(
            noun=PROVIDER,
            fields={"id", "display_name", "email"},
            where=(
                Where("role", "in", READERS),
                Where("email", "ne", None),
                Where("archived_at", "eq", None),
            ),
        )
    )
    language = (await ctx.ask(MessagingQuestions).telling()).language
    name, at, domain = message_id.partition("@")
    return [
        Letter(
            message_id=f"{name}.{reader['id']}{at}{domain}",
            to=reader["email"],
            template=TEMPLATE,
            language=language,
            facts={
                "business": business["name"],
                "reader": reader["display_name"],
                "url": endpoint["url"],
                "cause": cause,
                "failing_since": endpoint["failing_since"],
            },
        )
        for reader in readers
    ]
