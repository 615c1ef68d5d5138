"""What an attacker found in the doors that came with the rules: each stays closed."""

from __future__ import annotations

import pytest

from app.requests import _SECRET
from core.directory.create_provider import CreateProvider
from core.directory.provider import require_may_name
from core.kernel.context import Actor
from core.kernel.errors import Forbidden
from tests.graphql_api.conftest import Api, ask_as, gid
from tests.kit.houses import Studio

UPDATE = """
mutation($input: UpdateClientInput!) {
  updateClient(input: $input) { __typename ... on PermissionDenied { permission } }
}
"""


async def test_a_row_of_which_nothing_is_read_is_there(api: Api) -> None:
    """SQLite knows no SELECT without a column."""
    assert await api.data("{ business { __typename } }") == {"business": {"__typename": "Business"}}


async def test_who_may_not_read_health_answers_does_not_overwrite_them(studio: Studio) -> None:
    """The front desk is refused, and nothing changed; without them the same change is done."""
    client = gid("client", await studio.client(allergies="latex"))
    before = await studio.state()
    refused = await ask_as(studio, "staff", UPDATE, input={"clientId": client, "allergies": "none"})
    assert refused["data"]["updateClient"] == {
        "__typename": "PermissionDenied",
        "permission": "clients:health",
    }
    assert await studio.state() == before
    done = await ask_as(studio, "staff", UPDATE, input={"clientId": client, "displayName": "Ada"})
    assert done["data"]["updateClient"] == {"__typename": "UpdateClientPayload"}


@pytest.mark.parametrize("role", ["manager", "provider", "staff"])
def test_only_an_owner_names_an_owner(role: str) -> None:
    """Others may name anybody else."""
    actor = Actor(name="user:1", role=role)
    with pytest.raises(Forbidden):
        require_may_name(actor, "owner")
    require_may_name(actor, CreateProvider(display_name="Mara Voss").role)
    require_may_name(Actor(name="user:2", role="owner"), "owner")


def test_the_token_of_an_offer_is_masked_in_the_log() -> None:
    """As that of a feed is."""
    path = "/v1/waitlist/offers/wlo_0m1segkm4d4qtznq/claim"
    assert _SECRET.sub("…", path) == "/v1/waitlist/offers/…/claim"
