"""Reading rows: values as they were kept, conditions, searching as people do, and figures."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest_asyncio
from sqlalchemy import text

from core.appointments.reads import APPOINTMENT
from core.directory.reads import BUSINESS, CLIENT, LOCATION, PROVIDER
from core.kernel.clock import FixedClock
from core.kernel.money import Money
from core.kernel.reading import AnyOf, Operator, Order, Selection, Where
from tests.kit.houses import NOW, Studio, counted

PEOPLE = {
    "Émile Zola": "+33 1 42 34 56 78",
    "ÖZGÜR ÇELİK": None,
    "Łukasz Żółw": "(212) 555-0100",
    "100% Wool": "212.555.0199",
    "under_score": None,
    "back\\slash": None,
    "Ελένη Ω": "5550100",
    "Ёлка": None,
    "plain jane": "",
}


async def names(studio: Studio, *where: Where | AnyOf, order: Order | None = None) -> list[str]:
    """The names of the clients that meet the conditions."""
    selection = Selection(noun=CLIENT, fields={"display_name"}, where=where, order=order)
    return [row["display_name"] for row in await studio.ctx.read.rows(selection)]


@pytest_asyncio.fixture
async def peopled(studio: Studio, other_studio: Studio) -> Studio:
    """Clients whose names and numbers are hard to search."""
    for name, phone in PEOPLE.items():
        await studio.client(name, phone=phone or None)
    await other_studio.client("Émile Zola", phone="+33 1 42 34 56 78")
    return studio


WORDS = {
    "zola": ["Émile Zola"],
    "ZOLA": ["Émile Zola"],
    "émile": ["Émile Zola"],
    "ÉMILE": ["Émile Zola"],
    "özgür": ["ÖZGÜR ÇELİK"],
    "ŁUKASZ": ["Łukasz Żółw"],
    "żÓŁW": ["Łukasz Żółw"],
    "ΕΛΈΝΗ": ["Ελένη Ω"],
    "ω": ["Ελένη Ω"],
    "ёлка": ["Ёлка"],
    "ЁЛКА": ["Ёлка"],
    "%": ["100% Wool"],
    "0%": ["100% Wool"],
    "_": ["under_score"],
    "r_s": ["under_score"],
    "\\": ["back\\slash"],
    "k\\s": ["back\\slash"],
    "n j": ["plain jane"],
    "/": [],
    "'": [],
    "nobody": [],
    "a\x00b": [],
    "\ud800": [],
}


async def test_words_are_found_whatever_their_case_and_signs_mean_themselves(peopled: Studio) -> None:
    """Beyond ASCII too, on both databases; `%`, `_` and `\\` are letters like others, and nothing breaks."""
    assert {words: await names(peopled, Where("display_name", "contains", words)) for words in WORDS} == WORDS


NUMBERS = {
    "555": ["Łukasz Żółw", "100% Wool", "Ελένη Ω"],
    "2125550100": ["Łukasz Żółw"],
    "(212) 555-0100": ["Łukasz Żółw"],
    "33 142": ["Émile Zola"],
    "555 01 99": ["100% Wool"],
    "0": ["Łukasz Żółw", "100% Wool", "Ελένη Ω"],
    "jane": [],
    "": [],
    "-": [],
}


async def test_numbers_are_found_by_their_digits(peopled: Studio) -> None:
    """However they were typed and are asked for; words without digits are in no number."""
    assert {words: await names(peopled, Where("phone", "digits", words)) for words in NUMBERS} == NUMBERS


async def test_either_of_several_conditions(peopled: Studio) -> None:
    """A search box: the words in the name, or the digits in the number."""
    anywhere = AnyOf((Where("display_name", "contains", "100"), Where("phone", "digits", "100")))
    assert await names(peopled, anywhere) == ["Łukasz Żółw", "100% Wool", "Ελένη Ω"]


async def test_conditions_on_text(peopled: Studio) -> None:
    """Equal to one, or one of several; of none, none; and what no database keeps equals nothing."""
    conditions: dict[str, Where] = {
        "one": Where("display_name", "eq", "Ёлка"),
        "several": Where("display_name", "in", ["Ёлка", "plain jane", "nobody", "a\x00b"]),
        "of none": Where("display_name", "in", []),
        "none": Where("display_name", "eq", "a\x00b"),
    }
    assert {of: await names(peopled, where) for of, where in conditions.items()} == {
        "one": ["Ёлка"],
        "several": ["Ёлка", "plain jane"],
        "of none": [],
        "none": [],
    }
    assert len(await names(peopled, Where("display_name", "ne", "a\x00b"))) == len(PEOPLE)


async def test_conditions_on_what_is_missing(peopled: Studio) -> None:
    """Nothing is found by being nothing, and everything else by being something."""
    assert await names(peopled, Where("phone", "eq", None)) == [
        name for name, phone in PEOPLE.items() if not phone
    ]
    assert await names(peopled, Where("phone", "ne", None)) == [
        name for name, phone in PEOPLE.items() if phone
    ]


async def test_conditions_on_instants(studio: Studio) -> None:
    """Compared as instants, whatever offset they are asked with."""
    client_id = await studio.client()
    base = NOW + timedelta(days=7)
    keys = [await studio.appointment(client_id, starts_at=base + timedelta(hours=at)) for at in range(4)]
    expected: dict[Operator, list[int]] = {
        "lt": keys[:2],
        "le": keys[:3],
        "gt": keys[3:],
        "ge": keys[2:],
        "eq": keys[2:3],
        "ne": keys[:2] + keys[3:],
    }
    for zone in (UTC, timezone(timedelta(hours=-5)), timezone(timedelta(hours=5, minutes=30))):
        asked = (base + timedelta(hours=2)).astimezone(zone)
        for operator, found in expected.items():
            where = (Where("starts_at", operator, asked),)
            rows = await studio.ctx.read.rows(Selection(noun=APPOINTMENT, fields={"id"}, where=where))
            assert [row["id"] for row in rows] == found, (zone, operator)


async def test_an_instant_reads_back_to_the_microsecond_in_utc(studio: Studio) -> None:
    """Booked with an offset, read in UTC; the clock's microseconds are kept."""
    clock = FixedClock(NOW.replace(second=7, microsecond=123_457))
    starts_at = datetime(2027, 3, 8, 10, 30, tzinfo=timezone(timedelta(hours=-5)))
    async with studio.house.context(studio.ctx.actor, "then", clock=clock) as ctx:
        studio.ctx = ctx
        key = await studio.appointment(await studio.client(), starts_at=starts_at)
    row = await studio.ctx.read.one(Selection(noun=APPOINTMENT, fields={"starts_at", "created_at"}), key)
    assert row is not None
    assert (row["starts_at"], row["starts_at"].utcoffset()) == (starts_at, timedelta(0))
    assert row["created_at"] == clock.now()


async def test_another_businesss_row_is_none(studio: Studio, other_studio: Studio) -> None:
    """Like one that never was; neither alone, nor in a list, nor in groups."""
    key = await other_studio.client()
    selection = Selection(noun=CLIENT, fields={"id"})
    assert await studio.ctx.read.one(selection, key) is None
    assert await studio.ctx.read.one(selection, 2**53 - 1) is None
    assert await studio.ctx.read.rows(selection) == []
    assert await studio.ctx.read.grouped(selection, "id", [key]) == {}
    assert (
        await studio.ctx.read.one(Selection(noun=BUSINESS, fields={"name"}), other_studio.business_id) is None
    )


async def test_groups_are_read_in_one_statement(studio: Studio) -> None:
    """The appointments of several clients by client; asking twice for one, and for nobody's, is as good."""
    ana, bea = await studio.client("Ana"), await studio.client("Bea")
    for at, client_id in enumerate((ana, bea, ana)):
        await studio.appointment(client_id, starts_at=NOW + timedelta(days=7, hours=at))
    selection = Selection(noun=APPOINTMENT, fields={"starts_at"}, order=Order("starts_at", descending=True))
    with counted(studio.house) as statements:
        groups = await studio.ctx.read.grouped(selection, "client_id", [bea, ana, ana, 2**53 - 1])
    assert {key: [row["starts_at"].hour for row in rows] for key, rows in groups.items()} == {
        ana: [11, 9],
        bea: [10],
    }
    assert len(statements) == 1
    assert await studio.ctx.read.grouped(selection, "client_id", []) == {}


async def test_figures_count_sum_and_find_the_latest(studio: Studio, other_studio: Studio) -> None:
    """Per client, by state; of a business without its archived people; never another business's."""
    client_id, idle = await studio.client("Ana"), await studio.client("Bea")
    await other_studio.appointment(await other_studio.client(), price=Money(5, "USD"))
    for at, status in enumerate(["COMPLETED", "COMPLETED", "CONFIRMED", "CANCELLED", "DECLINED", "NO_SHOW"]):
        key = await studio.appointment(
            client_id, starts_at=NOW + timedelta(days=7, hours=at), price=Money(2**52, "USD")
        )
        await run(studio, f"UPDATE appointments SET status = '{status}' WHERE id = {key}")
    fields = {"appointment_count", "last_appointment_at", "total_spent_minor"}
    assert await studio.ctx.read.one(Selection(noun=CLIENT, fields=fields), client_id) == {
        "appointment_count": 4,
        "last_appointment_at": NOW + timedelta(days=7, hours=1),
        "total_spent_minor": 2**53,
    }
    assert await studio.ctx.read.one(Selection(noun=CLIENT, fields=fields), idle) == {
        "appointment_count": 0,
        "last_appointment_at": None,
        "total_spent_minor": 0,
    }
    await run(studio, f"UPDATE clients SET archived_at = created_at WHERE id = {idle}")
    counts = Selection(noun=BUSINESS, fields={"clients_count", "providers_count"})
    assert await studio.ctx.read.one(counts, studio.business_id) == {"clients_count": 1, "providers_count": 1}


async def test_relations_lead_through_several_nouns(studio: Studio) -> None:
    """An appointment's client's preferred provider's location, in one statement; a missing one is None."""
    ana = await studio.client("Ana", preferred_provider_id=studio.provider_id)
    bea = await studio.client("Bea")
    for at, client_id in enumerate((ana, bea)):
        await studio.appointment(client_id, starts_at=NOW + timedelta(days=7, hours=at))
    location = Selection(noun=LOCATION, fields={"time_zone"})
    provider = Selection(noun=PROVIDER, fields={"role"}, relations={"location": location})
    client = Selection(noun=CLIENT, fields={"display_name"}, relations={"preferred_provider": provider})
    selection = Selection(noun=APPOINTMENT, relations={"client": client})
    with counted(studio.house) as statements:
        rows = await studio.ctx.read.rows(selection)
    assert rows == [
        {
            "client": {
                "display_name": "Ana",
                "preferred_provider": {"role": "owner", "location": {"time_zone": "UTC"}},
            }
        },
        {"client": {"display_name": "Bea", "preferred_provider": None}},
    ]
    assert len(statements) == 1


async def run(studio: Studio, statement: str) -> None:
    """Change rows by SQL, past every verb."""
    async with studio.house.database.connect(studio.business_id, write=True) as connection:
        await connection.execute(text(statement))
        await connection.commit()
