"""How many SQL statements ServaloDesk costs: exact, on both databases, without BEGIN, COMMIT and the tenant."""

from __future__ import annotations

import re
from datetime import timedelta

from tests.kit.houses import NOW, counted
from tests.rest_compat.conftest import Rest


async def test_a_page_of_fifty_appointments(rest: Rest) -> None:
    """One statement: client, artist, deposit and the total come with the rows."""
    studio = rest.studio
    client = await studio.client()
    for number in range(51):
        await studio.appointment(client, starts_at=NOW + timedelta(days=1, hours=2 * number))
    await rest("GET", "/v1/studio")  # the credential's standing is remembered for five seconds
    with counted(studio.house) as statements:
        page = (await rest("GET", "/v1/appointments?limit=50")).json()
    assert (len(page["data"]), page["total"], page["has_more"]) == (50, 51, True)
    assert len(statements) == 1, statements
    with counted(studio.house) as statements:
        await rest("GET", "/v1/appointments", params={"limit": "50", "cursor": page["next_cursor"]})
    assert len(statements) == 1, statements


async def test_a_page_of_clients(rest: Rest) -> None:
    """One statement, figures over their appointments among it."""
    for number in range(3):
        await rest.studio.client(f"Client {number}")
    await rest("GET", "/v1/studio")
    with counted(rest.studio.house) as statements:
        await rest("GET", "/v1/clients?q=client")
    assert len(statements) == 1, statements


async def test_single_objects_and_lists(rest: Rest) -> None:
    """One statement each; filters by day need the studio's zone, which is a second one."""
    client = await rest.client()
    await rest("GET", "/v1/studio")
    for path, count in (
        ("/v1/studio", 1),
        ("/v1/artists", 1),
        (f"/v1/artists/{rest.artist}", 1),
        (f"/v1/clients/{client}", 1),
        ("/v1/appointments?start_date=2027-03-08", 2 + 1),
        (f"/v1/artists/{rest.artist}/availability?start_date=2027-03-08&end_date=2027-03-14", 2),
    ):
        with counted(rest.studio.house) as statements:
            assert (await rest("GET", path)).status_code == 200
        assert len(statements) == count, (path, statements)


async def test_the_credential_costs_one_statement_in_five_seconds(rest: Rest) -> None:
    """The gate asks who somebody is at the first call, and remembers."""
    with counted(rest.studio.house) as statements:
        await rest("GET", "/v1/studio")
        await rest("GET", "/v1/studio")
    assert len(statements) == 3, statements


async def test_a_booking(rest: Rest) -> None:
    """Its statements, in order."""
    client = await rest.client()
    await rest("GET", "/v1/studio")
    booking = {
        "client_id": client,
        "artist_id": rest.artist,
        "start_time": "2027-03-08T12:00:00Z",
        "duration_minutes": 60,
    }
    expected = [
        "SELECT businesses",
        "SELECT providers",  # their resources, locked
        "UPDATE allocations",
        "SELECT allocations",
        "INSERT appointments",
        "INSERT allocations",
        "UPDATE sequences",
        "INSERT events",
        "UPDATE resources",
        "INSERT jobs",
        "INSERT audit",
        "SELECT appointments",
    ]
    await rest("POST", "/v1/appointments", json={**booking, "start_time": "2027-03-10T12:00:00Z"})
    with counted(rest.studio.house) as statements:
        answer = await rest("POST", "/v1/appointments", json=booking)
    assert answer.status_code == 201
    assert [named(statement) for statement in statements] == expected
    # An amount of money is understood in the studio's currency, which is one statement more.
    with counted(rest.studio.house) as statements:
        priced = {**booking, "start_time": "2027-03-09T12:00:00Z", "quoted_price": 400}
        await rest("POST", "/v1/appointments", json=priced)
    assert [named(statement) for statement in statements] == ["SELECT businesses", *expected]


_WHETHER = re.compile(r"EXISTS \(SELECT .*?\) AS ")


def named(statement: str) -> str:
    """A statement by its verb and first table, but for what is only asked whether it is there."""
    verb, statement = statement.split()[0], _WHETHER.sub("", statement)
    place = {"SELECT": r"FROM (\w+)", "INSERT": r"INTO (\w+)", "UPDATE": r"UPDATE (\w+)"}[verb]
    found = re.search(place, statement)
    assert found is not None
    return f"{verb} {found[1]}"
