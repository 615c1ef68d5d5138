"""The story in GraphQL up to booking: a studio signs up, fills its catalogue, lets programs in."""

from __future__ import annotations

from tests.graphql_api.conftest import Api
from tests.graphql_api.texts import SESSION, mutation
from tests.kit.houses import PASSWORD, Studio

SIGN_UP = mutation("signUp", SESSION)
SIGN_IN = mutation("signIn", SESSION)
REFRESH = mutation("refreshSession", SESSION)
CREATE_CLIENT = mutation(
    "createClient", "client { id displayName givenName familyName email phoneNumber allergies }"
)
SIGN_IN = mutation("signIn", SESSION)
REFRESH = mutation("refreshSession", SESSION)
CREATE_CLIENT = mutation(
    "createClient", "client { id displayName givenName familyName email phoneNumber allergies }"
)
REFRESH = mutation("refreshSession", SESSION)
CREATE_CLIENT = mutation(
    "createClient", "client { id displayName givenName familyName email phoneNumber allergies }"
)
CREATE_CLIENT = mutation(
    "createClient", "client { id displayName givenName familyName email phoneNumber allergies }"
)
CREATE_PROVIDER = mutation(
    "createProvider",
    "provider { displayName slug role isAcceptingBookings depositPercent styles location { name } "
    "weeklyHours { weekday shifts { opensAt closesAt } } }",
)
CREATE_SERVICE = mutation(
    "createService",
    "service { name durationMinutes price { amountMinor currency } bufferBeforeMinutes bufferAfterMinutes "
    "depositPercent noticeMinutes stepMinutes }",
)
CREATE_LOCATION = mutation("createLocation", "location { name timeZone address }")
CREATE_API_KEY = mutation("createApiKey", "secret apiKey { id name prefix role }")
REVOKE_API_KEY = mutation("revokeApiKey", "apiKeyId")


async def test_a_studio_signs_up_and_comes_back(stranger: Api, fresh_number: int) -> None:
    """Sign-up gives a session that works; signing in and refreshing give others."""
    email = f"new{fresh_number}.{id(stranger)}@studio.example"
    given = {
        "email": email,
        "password": PASSWORD,
        "fullName": "Noa Stern",
        "businessName": "Stern & Daughters",
        "timeZone": "Europe/Berlin",
        "currency": "EUR",
    }
    signed_up = (await stranger.data(SIGN_UP, input=given))["signUp"]
    assert signed_up["__typename"] == "SignUpPayload"
    session = signed_up["session"]
    assert (session["expiresInSeconds"], session["role"]) == (3_600, "OWNER")
    assert session["user"] == {"id": session["user"]["id"], "email": email, "fullName": "Noa Stern"}

    owner = Api(http=stranger.http, headers={"Authorization": f"Bearer {session['accessToken']}"})
    seen = await owner.data("{ business { id name timeZone currency depositPercent providerCount } }")
    assert seen["business"] == {
        "id": session["businessId"],
        "name": "Stern & Daughters",
        "timeZone": "Europe/Berlin",
        "currency": "EUR",
        "depositPercent": 30,
        "providerCount": 1,
    }

    again = (await stranger.data(SIGN_IN, input={"email": email.upper(), "password": PASSWORD}))["signIn"]
    assert again["session"]["user"] == session["user"]
    refreshed = await stranger.data(REFRESH, input={"refreshToken": again["session"]["refreshToken"]})
    assert refreshed["refreshSession"]["session"]["businessId"] == session["businessId"]
    reused = await stranger.data(REFRESH, input={"refreshToken": again["session"]["refreshToken"]})
    assert (reused["refreshSession"]["__typename"], reused["refreshSession"]["code"]) == (
        "Unauthenticated",
        "UNAUTHENTICATED",
    )


async def test_signing_in_with_a_wrong_password_and_as_nobody_answer_alike(
    stranger: Api, studio: Studio
) -> None:
    """Neither says whether the address is known."""
    answers = [
        (await stranger.data(SIGN_IN, input={"email": email, "password": "wrong password"}))["signIn"]
        for email in (studio.email, "nobody@nowhere.example", "no address")
    ]
    assert (
        answers
        == [
            {
                "__typename": "InvalidCredentials",
                "code": "INVALID_CREDENTIALS",
                "message": "The e-mail address or the password is wrong.",
            }
        ]
        * 3
    )


async def test_signing_up_names_every_problem(stranger: Api, studio: Studio) -> None:
    """All issues at once, by the names of the input; a known address is a type of its own."""
    bad = {
        "email": "nobody",
        "password": "short",
        "fullName": " ",
        "businessName": "",
        "timeZone": "Mars/Base",
        "currency": "usd",
    }
    refused = (await stranger.data(SIGN_UP, input=bad))["signUp"]
    assert refused["__typename"] == "ValidationFailed"
    assert [(issue["path"], issue["code"]) for issue in refused["issues"]] == [
        ("password", "TOO_SHORT"),
        ("email", "BAD_EMAIL"),
        ("fullName", "REQUIRED"),
        ("businessName", "REQUIRED"),
        ("timeZone", "UNKNOWN_TIME_ZONE"),
        ("currency", "BAD_CURRENCY"),
    ]
    known = {"email": studio.email, "password": PASSWORD, "fullName": "Kai", "businessName": "Copy"}
    taken = (await stranger.data(SIGN_UP, input=known))["signUp"]
    assert (taken["__typename"], taken["code"]) == ("EmailTaken", "EMAIL_TAKEN")


async def test_the_catalogue_is_filled(api: Api, studio: Studio) -> None:
    """Location, provider, service and client are created and shown as they were kept."""
    place = await api.data(CREATE_LOCATION, input={"name": " Annex ", "timeZone": "America/New_York"})
    assert place["createLocation"]["location"] == {
        "name": "Annex",
        "timeZone": "America/New_York",
        "address": None,
    }
    provider = await api.data(
        CREATE_PROVIDER,
        input={
            "displayName": "Mara Voss",
            "role": "MANAGER",
            "depositPercent": 12.5,
            "styles": ["blackwork"],
            "isAcceptingBookings": None,
            "weeklyHours": [
                {"weekday": "FRIDAY", "shifts": [{"opensAt": "20:00", "closesAt": "02:00"}]},
            ],
        },
    )
    shown = provider["createProvider"]["provider"]
    assert {**shown, "weeklyHours": shown["weeklyHours"][4], "slug": None, "location": None} == {
        "displayName": "Mara Voss",
        "slug": None,
        "role": "MANAGER",
        "isAcceptingBookings": True,
        "depositPercent": 12.5,
        "styles": ["blackwork"],
        "location": None,
        "weeklyHours": {"weekday": "FRIDAY", "shifts": [{"opensAt": "20:00", "closesAt": "02:00"}]},
    }
    service = await api.data(
        CREATE_SERVICE,
        input={"name": "Sleeve", "durationMinutes": 240, "price": {"amountMinor": 80_000, "currency": "USD"}},
    )
    assert service["createService"]["service"] == {
        "name": "Sleeve",
        "durationMinutes": 240,
        "price": {"amountMinor": 80_000, "currency": "USD"},
        "bufferBeforeMinutes": 0,
        "bufferAfterMinutes": 0,
        "depositPercent": None,
        "noticeMinutes": 0,
        "stepMinutes": 15,
    }
    client = await api.data(
        CREATE_CLIENT,
        input={"displayName": "Ada Maria Quinn", "phone": "+49 30 901820", "allergies": "latex"},
    )
    assert {**client["createClient"]["client"], "id": None} == {
        "id": None,
        "displayName": "Ada Maria Quinn",
        "givenName": "Ada Maria",
        "familyName": "Quinn",
        "email": None,
        "phoneNumber": "+4930901820",
        "allergies": "latex",
    }


async def test_a_duplicate_address_is_refused(api: Api, studio: Studio) -> None:
    """Two clients of a business never share an address, in any case of letters."""
    await studio.client("Ada Quinn", email="ada@quinn.example")
    before = await studio.state()
    refused = (await api.data(CREATE_CLIENT, input={"displayName": "Eda", "email": "ADA@quinn.example"}))[
        "createClient"
    ]
    assert (refused["__typename"], refused["code"]) == ("EmailTaken", "EMAIL_TAKEN")
    assert await studio.state() == before


async def test_hours_given_twice_or_overlapping_are_refused(api: Api, studio: Studio) -> None:
    """The path leads to the weekday."""
    before = await studio.state()
    for hours, code in (
        ([{"weekday": "MONDAY", "shifts": []}, {"weekday": "MONDAY", "shifts": []}], "TWICE"),
        (
            [
                {
                    "weekday": "MONDAY",
                    "shifts": [
                        {"opensAt": "09:00", "closesAt": "12:00"},
                        {"opensAt": "11:00", "closesAt": "13:00"},
                    ],
                }
            ],
            "OVERLAPPING_SHIFTS",
        ),
    ):
        refused = (await api.data(CREATE_PROVIDER, input={"displayName": "Nyx", "weeklyHours": hours}))[
            "createProvider"
        ]
        assert [(issue["path"], issue["code"]) for issue in refused["issues"]] == [
            ("weeklyHours.monday", code)
        ]
    assert await studio.state() == before


async def test_keys_for_programs_come_and_go(api: Api, studio: Studio) -> None:
    """A key is shown once, listed without its secret, works, and is revoked once."""
    made = (await api.data(CREATE_API_KEY, input={"name": "till", "idempotencyKey": "k1"}))["createApiKey"]
    key, secret = made["apiKey"], made["secret"]
    assert (key["name"], key["role"]) == ("till", "OWNER")
    assert secret.startswith(key["prefix"])
    assert secret != key["prefix"]
    repeated = (await api.data(CREATE_API_KEY, input={"name": "till", "idempotencyKey": "k1"}))[
        "createApiKey"
    ]
    assert (repeated["apiKey"], repeated["secret"]) == (key, None)
    program = Api(http=api.http, headers={"Authorization": f"Bearer {secret}"})
    assert (await program.data("{ business { name } }"))["business"]["name"].startswith("Midnight Ink")
    listed = await api.data("{ apiKeys { id name prefix } }")
    assert listed["apiKeys"] == [{"id": key["id"], "name": "till", "prefix": key["prefix"]}]
    revoked = (await api.data(REVOKE_API_KEY, input={"apiKeyId": key["id"]}))["revokeApiKey"]
    assert revoked == {"__typename": "RevokeApiKeyPayload", "apiKeyId": key["id"]}
    again = (await api.data(REVOKE_API_KEY, input={"apiKeyId": key["id"]}))["revokeApiKey"]
    assert (again["__typename"], again["code"]) == ("NotFound", "NOT_FOUND")
    assert (await api.data("{ apiKeys { id } }"))["apiKeys"] == []


async def test_several_mutations_in_one_request_are_answered_each_on_its_own(
    api: Api, studio: Studio
) -> None:
    """They run in order, each in its own transaction: the refusal of one undoes nothing of the others."""
    query = """
    mutation($first: CreateClientInput!, $second: CreateClientInput!, $third: CreateClientInput!) {
      a: createClient(input: $first) { ...Told } b: createClient(input: $second) { ...Told }
      c: createClient(input: $third) { ...Told }
    }
    fragment Told on CreateClientResult {
      __typename ... on CreateClientPayload { client { displayName appointments { totalCount } } }
    }
    """
    email = "same@quinn.example"
    data = await api.data(
        query,
        first={"displayName": "Ada", "email": email},
        second={"displayName": "Ben", "email": email},
        third={"displayName": "Cleo"},
    )
    assert data == {
        "a": {
            "__typename": "CreateClientPayload",
            "client": {"displayName": "Ada", "appointments": {"totalCount": 0}},
        },
        "b": {"__typename": "EmailTaken"},
        "c": {
            "__typename": "CreateClientPayload",
            "client": {"displayName": "Cleo", "appointments": {"totalCount": 0}},
        },
    }
