"""Pages: forwards and backwards from any row, whatever the order, and nothing twice or left out."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import product
from typing import Any

import pytest
import pytest_asyncio

from core.appointments.reads import APPOINTMENT
from core.deposits.reads import DEPOSIT
from core.directory.reads import CLIENT
from core.kernel.clock import FixedClock
from core.kernel.errors import NotFound
from core.kernel.reading import Order, Page, PageRequest, Selection, Where
from tests.kit.houses import NOW, Studio, counted

ORDERS = [None, Order("created_at"), Order("created_at", descending=True)]


def clients(order: Order | None = None, **more: Any) -> Selection:
    """All clients, shown by key and name."""
    return Selection(noun=CLIENT, fields={"id", "display_name"}, order=order, **more)


def names(page: Page) -> str:
    """The names on a page, one letter each."""
    return "".join(row["display_name"] for row in page.rows)


@pytest_asyncio.fixture
async def ten(studio: Studio, other_studio: Studio) -> Studio:
    """Ten clients, A to J; B, C and D came at one instant, as did F and G, and E came before all others."""
    instants = [1, 2, 2, 2, 0, 4, 4, 5, 6, 7]
    for name, days in zip("ABCDEFGHIJ", instants, strict=True):
        clock = FixedClock(NOW + timedelta(days=days))
        async with studio.house.context(studio.ctx.actor, "then", clock=clock) as ctx:
            await replace(studio, ctx=ctx).client(name)
    await other_studio.client("X")
    return studio


IN_ORDER = {None: "ABCDEFGHIJ", ORDERS[1]: "EABCDFGHIJ", ORDERS[2]: "JIHGFDCBAE"}


async def test_walking_forwards_meets_every_row_once(ten: Studio) -> None:
    """Page after page from the last row of the one before; ties are settled by key, in the same direction."""
    for order, size in product(ORDERS, (1, 3, 5, 9, 10, 11)):
        await walk_forwards(ten, order, size)


async def walk_forwards(ten: Studio, order: Order | None, size: int) -> None:
    """One walk, in pages of a size."""
    met, after, pages = "", None, 0
    while True:
        page = await ten.ctx.read.page(clients(order), PageRequest(size=size, after=after))
        met += names(page)
        pages += 1
        assert page.has_previous is (pages > 1)
        assert page.total is None
        if not page.has_next:
            break
        assert len(page.rows) == size
        after = page.rows[-1]["id"]
    assert met == IN_ORDER[order]
    assert pages == -(-10 // size)


async def test_walking_backwards_meets_every_row_once(ten: Studio) -> None:
    """From the end towards the beginning, each page still in the order asked for."""
    for order, size in product(ORDERS, (1, 3, 10, 11)):
        await walk_backwards(ten, order, size)


async def walk_backwards(ten: Studio, order: Order | None, size: int) -> None:
    """One walk, in pages of a size."""
    met, before = "", None
    while True:
        asked = PageRequest(size=size, before=before, from_end=True)
        page = await ten.ctx.read.page(clients(order), asked)
        met = names(page) + met
        assert page.has_next is (before is not None)
        if not page.has_previous:
            break
        before = page.rows[0]["id"]
    assert met == IN_ORDER[order]


@pytest.mark.parametrize("order", ORDERS)
async def test_a_stretch_between_two_rows(ten: Studio, order: Order | None) -> None:
    """After one row and before another, taken from either end."""
    rows = (await ten.ctx.read.page(clients(order), PageRequest(size=10))).rows
    between = PageRequest(size=3, after=rows[1]["id"], before=rows[7]["id"])
    first = await ten.ctx.read.page(clients(order), between)
    last = await ten.ctx.read.page(clients(order), replace(between, from_end=True))
    whole = await ten.ctx.read.page(clients(order), replace(between, size=10))
    assert names(whole) == IN_ORDER[order][2:7]
    assert (names(first), first.has_next) == (IN_ORDER[order][2:5], True)
    assert (names(last), last.has_previous) == (IN_ORDER[order][4:7], True)


async def test_rows_can_be_skipped(ten: Studio) -> None:
    """So many from the beginning, for voices that count pages."""
    page = await ten.ctx.read.page(clients(), PageRequest(size=3, skip=8, with_total=True))
    assert (names(page), page.has_next, page.has_previous, page.total) == ("IJ", False, True, 10)


async def test_the_total_counts_what_matches_whatever_the_page(ten: Studio) -> None:
    """On a first, a later and an empty page, with conditions; in one statement where there are rows."""
    late = (Where("created_at", "ge", NOW + timedelta(days=4)),)
    with counted(ten.house) as statements:
        page = await ten.ctx.read.page(clients(where=late), PageRequest(size=2, with_total=True))
    assert (names(page), page.total, len(statements)) == ("FG", 5, 1)
    after = page.rows[-1]["id"]
    page = await ten.ctx.read.page(clients(where=late), PageRequest(size=2, after=after, with_total=True))
    assert (names(page), page.total) == ("HI", 5)
    last = await ten.ctx.read.page(clients(), PageRequest(size=10))
    asked = PageRequest(size=2, after=last.rows[-1]["id"], with_total=True)
    page = await ten.ctx.read.page(clients(), asked)
    assert (page.rows, page.total, page.has_next, page.has_previous) == ([], 10, False, True)


async def test_a_list_of_nothing_is_an_empty_page(studio: Studio) -> None:
    """No rows, no neighbours, and a total of nought."""
    page = await studio.ctx.read.page(clients(), PageRequest(size=5, with_total=True))
    assert page == Page(rows=[], has_next=False, has_previous=False, total=0)
    page = await studio.ctx.read.page(clients(), PageRequest(size=5, from_end=True))
    assert page == Page(rows=[], has_next=False, has_previous=False, total=None)


async def test_a_start_that_is_not_there_is_not_found(ten: Studio, other_studio: Studio) -> None:
    """An unknown row and another business's are refused alike, on either side, in every order."""
    foreign = (await other_studio.table("clients"))[0]["id"]
    for order, from_end, key in product(ORDERS, (False, True), (foreign, 2**53 - 1)):
        for asked in (PageRequest(size=3, after=key), PageRequest(size=3, before=key)):
            with pytest.raises(NotFound) as refused:
                await ten.ctx.read.page(clients(order), replace(asked, from_end=from_end))
            assert refused.value.noun == "client"


async def test_a_start_outside_the_conditions_still_parts_the_list(ten: Studio) -> None:
    """A row that has left the list since is a place in it nonetheless."""
    rows = (await ten.ctx.read.page(clients(), PageRequest(size=10))).rows
    late = (Where("created_at", "ge", NOW + timedelta(days=4)),)
    page = await ten.ctx.read.page(clients(where=late), PageRequest(size=10, after=rows[2]["id"]))
    assert names(page) == "FGHIJ"


async def test_pages_join_their_relations(studio: Studio) -> None:
    """Appointments with client and provider, latest first, in one statement."""
    for at, name in enumerate("ABC"):
        client_id = await studio.client(name)
        await studio.appointment(client_id, starts_at=NOW + timedelta(days=3 - at, hours=3))
    selection = Selection(
        noun=APPOINTMENT,
        fields={"id"},
        relations={"client": clients(), "deposit": Selection(noun=DEPOSIT, fields={"status"})},
        order=Order("starts_at", descending=True),
    )
    with counted(studio.house) as statements:
        page = await studio.ctx.read.page(selection, PageRequest(size=2))
    assert [row["client"]["display_name"] for row in page.rows] == ["A", "B"]
    assert [row["deposit"] for row in page.rows] == [None, None]
    assert (len(statements), page.has_next) == (1, True)


async def test_pages_of_several_lists_are_read_in_one_statement(studio: Studio) -> None:
    """Two of each client's appointments, from either end; every list has its own total and its own more."""
    ana, bea, none = [await studio.client(name) for name in ("Ana", "Bea", "None")]
    starts = [NOW + timedelta(days=7, hours=at) for at in range(5)]
    keys = [
        await studio.appointment(client_id, starts_at=at)
        for client_id, at in zip((ana, ana, bea, ana, bea), starts, strict=True)
    ]
    selection = Selection(noun=APPOINTMENT, fields={"id"}, order=Order("starts_at", descending=True))
    asked = PageRequest(size=2, with_total=True)
    with counted(studio.house) as statements:
        found = await studio.ctx.read.pages(selection, "client_id", [bea, none, ana], asked)
    assert len(statements) == 1
    shown = {
        key: ([keys.index(row["id"]) for row in page.rows], page.has_next, page.total)
        for key, page in found.items()
    }
    assert shown == {ana: ([3, 1], True, 3), bea: ([4, 2], False, 2), none: ([], False, 0)}
    last = await studio.ctx.read.pages(selection, "client_id", [ana], replace(asked, from_end=True))
    assert [keys.index(row["id"]) for row in last[ana].rows] == [1, 0]
    assert (last[ana].has_previous, last[ana].has_next) == (True, False)
    beyond = await studio.ctx.read.pages(selection, "client_id", [ana], replace(asked, after=keys[1]))
    assert [keys.index(row["id"]) for row in beyond[ana].rows] == [0]
    assert await studio.ctx.read.pages(selection, "client_id", [], asked) == {}
