"""Messages in GraphQL: settings and templates, for owners and managers alone, each business its own."""

from __future__ import annotations

from typing import Any

import pytest

from auth.permissions import DISPLAY, PROVIDER, STAFF
from tests.graphql_api.conftest import Api, ask_as, gid
from tests.graphql_api.texts import mutation
from tests.kit.houses import Studio

SHOWN = "language changesHeldMinutes channels reminders { minutesBefore channel }"
SETTINGS = f"{{ messageSettings {{ {SHOWN} }} }}"
TEMPLATES = "{ messageTemplates { occasion channel language subject text html isOwn } }"
CONFIGURE = mutation("configureMessages", f"messageSettings {{ {SHOWN} }}")
SET = mutation("setMessageTemplate", "occasion channel language")
RESET = mutation("resetMessageTemplate", "occasion channel language")
PREVIEW = mutation("previewMessageTemplate", "subject text html segments")
PLACE = {"occasion": "REMINDER", "channel": "SMS", "language": "DE"}


async def run(api: Api, query: str, **given: Any) -> dict[str, Any]:
    """The only field of a mutation's answer."""
    (answer,) = (await api.data(query, input=given)).values()
    found: dict[str, Any] = answer
    return found


async def test_settings_are_shown_and_changed(api: Api, other_api: Api) -> None:
    """The defaults first; the other business keeps them."""
    default = {
        "language": "EN",
        "changesHeldMinutes": 0,
        "channels": ["MAIL"],
        "reminders": [{"minutesBefore": 1440, "channel": "MAIL"}],
    }
    assert await api.data(SETTINGS) == {"messageSettings": default}
    given = {
        "language": "FR",
        "changesHeldMinutes": 30,
        "channels": ["MAIL", "SMS"],
        "reminders": [{"minutesBefore": 120, "channel": "SMS"}],
    }
    assert (await run(api, CONFIGURE, **given))["messageSettings"] == given
    assert await api.data(SETTINGS) == {"messageSettings": given}
    refused = await run(api, CONFIGURE, reminders=[{"minutesBefore": 1, "channel": "SMS"}])
    assert refused["code"] == "VALIDATION_FAILED"
    assert await api.data(SETTINGS) == {"messageSettings": given}
    assert await other_api.data(SETTINGS) == {"messageSettings": default}


async def test_templates_are_written_tried_and_reset(api: Api, other_api: Api) -> None:
    """64 in force; one of them is the business's own for a while, and nobody else's."""
    assert (await run(api, PREVIEW, **PLACE, text="Bis bald, {{ client }} €"))["text"] == (
        "Bis bald, Jasmine Torres €"
    )
    assert await own(api) == []
    kept = await run(api, SET, **PLACE, text="Bis bald, {{ client }}")
    assert kept == {"__typename": "SetMessageTemplatePayload", **PLACE}
    assert await own(api) == [
        {**PLACE, "subject": None, "text": "Bis bald, {{ client }}", "html": None, "isOwn": True}
    ]
    assert await own(other_api) == []
    assert (await run(api, PREVIEW, **PLACE))["segments"] == 1
    refused = await run(api, SET, **PLACE, text="{{ clientt }}")
    assert (refused["code"], len(await own(api))) == ("VALIDATION_FAILED", 1)
    assert await run(api, RESET, **PLACE) == {"__typename": "ResetMessageTemplatePayload", **PLACE}
    assert await own(api) == []
    facts = (await api.data("{ messageFacts { name meaning example } }"))["messageFacts"]
    assert {"name": "time", "meaning": facts[5]["meaning"], "example": "15:00"} == facts[5]


async def own(api: Api) -> list[dict[str, Any]]:
    """The templates that the business wrote."""
    templates = (await api.data(TEMPLATES))["messageTemplates"]
    assert len(templates) == 64
    return [one for one in templates if one["isOwn"]]


@pytest.mark.parametrize("role", [PROVIDER, STAFF, DISPLAY])
async def test_the_front_desk_neither_sees_nor_changes_them(studio: Studio, role: str) -> None:
    """Settings, templates and facts are refused, and so is every change; nothing is kept."""
    for query in (SETTINGS, TEMPLATES, "{ messageFacts { name } }"):
        answer = await ask_as(studio, role, query)
        assert answer["errors"][0]["extensions"]["code"] == "PERMISSION_DENIED"
    for query, given in (
        (CONFIGURE, {"language": "DE"}),
        (SET, {**PLACE, "text": "x"}),
        (RESET, PLACE),
        (PREVIEW, PLACE),
    ):
        (told,) = (await ask_as(studio, role, query, input=given))["data"].values()
        assert told["code"] == "PERMISSION_DENIED"
    assert await studio.table("message_settings") == []
    assert await studio.table("message_templates") == []


async def test_a_client_has_a_language_and_may_opt_out(api: Api, studio: Studio) -> None:
    """An unknown language is refused and nothing is changed."""
    client = gid("client", await studio.client("Ana", phone="+15125550100"))
    update = mutation("updateClient", "client { language smsOptedOutAt }")
    answer = await run(api, update, clientId=client, language="es", wantsSms=False)
    assert answer["client"] == {"language": "es", "smsOptedOutAt": "2027-03-01T09:00:00Z"}
    refused = await run(api, update, clientId=client, language="tlh", wantsSms=True)
    assert refused["code"] == "VALIDATION_FAILED"
    answer = await run(api, update, clientId=client, language=None)
    assert answer["client"] == {"language": None, "smsOptedOutAt": "2027-03-01T09:00:00Z"}
    answer = await run(api, update, clientId=client, wantsSms=True)
    assert answer["client"]["smsOptedOutAt"] is None
