"""Pages below many parents: one statement, each parent's own rows, order, cursor and total."""

from __future__ import annotations

from datetime import timedelta

from core.appointments.reads import APPOINTMENT
from core.kernel.reading import Order, PageRequest, Selection
from tests.kit.houses import NOW, Studio, counted


async def test_each_parent_has_its_own_page_in_one_statement(studio: Studio) -> None:
    """Three, one and no appointments: first two of each by start, with totals; then from the end; then after."""
    clients = [await studio.client(f"Client {number}") for number in range(3)]
    keys = [await studio.appointment(clients[0], starts_at=NOW + timedelta(days=day)) for day in (3, 1, 2)]
    only = await studio.appointment(clients[1], starts_at=NOW + timedelta(days=5))
    by_start = Selection(noun=APPOINTMENT, fields={"id"}, order=Order("starts_at"))
    with counted(studio.house) as statements:
        pages = await studio.ctx.read.pages(
            by_start, "client_id", clients, PageRequest(size=2, with_total=True)
        )
    assert len(statements) == 1
    told = {key: ([row["id"] for row in page.rows], page.has_next, page.total) for key, page in pages.items()}
    assert told == {
        clients[0]: ([keys[1], keys[2]], True, 3),
        clients[1]: ([only], False, 1),
        clients[2]: ([], False, 0),
    }
    last = await studio.ctx.read.pages(by_start, "client_id", clients, PageRequest(size=2, from_end=True))
    assert [row["id"] for row in last[clients[0]].rows] == [keys[2], keys[0]]
    assert (last[clients[0]].has_previous, last[clients[0]].total) == (True, None)
    rest = await studio.ctx.read.pages(by_start, "client_id", clients, PageRequest(size=2, after=keys[2]))
    assert [row["id"] for row in rest[clients[0]].rows] == [keys[0]]
    beyond = PageRequest(size=2, after=only, with_total=True)
    none_left = await studio.ctx.read.pages(by_start, "client_id", clients, beyond)
    assert {key: (page.rows, page.total) for key, page in none_left.items()} == {
        clients[0]: ([], 3),
        clients[1]: ([], 1),
        clients[2]: ([], 0),
    }


async def test_a_foreign_parent_has_an_empty_page(studio: Studio, other_studio: Studio) -> None:
    """Another business's client has no rows here."""
    foreign = await other_studio.client()
    await other_studio.appointment(foreign)
    listing = Selection(noun=APPOINTMENT, fields={"id"})
    pages = await studio.ctx.read.pages(listing, "client_id", [foreign], PageRequest(size=5, with_total=True))
    assert (pages[foreign].rows, pages[foreign].total) == ([], 0)
