"""What wall displays and browsers watch with: display credentials and stream tickets."""

from __future__ import annotations

from datetime import datetime

import strawberry

from auth.allow import may
from auth.permissions import Permission
from auth.watch_questions import DisplayFacts, WatchQuestions
from graphql_api.declare.fields import fact
from graphql_api.declare.ids import spell_id
from graphql_api.declare.types import object_type
from graphql_api.visit import Visit


@object_type(allow=may(Permission.API_KEYS_READ))
class DisplayCredential:
    """What a wall display watches with. The secret itself is not kept."""

    id: strawberry.ID = fact("The global id.")
    name: str = fact("The display that holds it.")
    prefix: str = fact("Its first characters, to tell credentials apart.")
    created_at: datetime = fact("When it was made.")


def display_of(display: DisplayFacts) -> DisplayCredential:
    """A display credential as it is shown."""
    return DisplayCredential(
        id=spell_id("display_credential", display.display_id),
        name=display.name,
        prefix=display.prefix,
        created_at=display.created_at,
    )


async def displays(info: strawberry.Info) -> list[DisplayCredential]:
    """The business's display credentials, oldest first."""
    visit: Visit = info.context
    found = await visit.ctx.ask(WatchQuestions).displays_of(visit.ctx.business_id)
    return [display_of(display) for display in found]
