"""The application's fence: a unit of work reads and writes its own business, whatever it is asked."""

from __future__ import annotations

import pytest
from sqlalchemy import delete, func, select, update

from adapters.sql.unit_of_work import SqlUnitOfWork
from core.appointments.ledger import Resource
from core.directory.business import Business, Location
from core.directory.client import Client
from core.directory.provider import Provider
from tests.kit.houses import Studio


async def test_a_foreign_key_loads_nothing(studio: Studio, other_studio: Studio) -> None:
    """`get` answers None for another business's rows, and one's own are there."""
    foreign_client, own_client = await other_studio.client(), await studio.client()
    (foreign_location,) = await other_studio.table("locations")
    async with studio.ctx.unit_of_work() as uow:
        assert await uow.get(Client, foreign_client) is None
        assert await uow.get(Provider, other_studio.provider_id) is None
        assert await uow.get(Location, foreign_location["id"]) is None
        assert await uow.get(Business, other_studio.business_id) is None
        own = await uow.get(Client, own_client)
        business = await uow.get(Business, studio.business_id)
    assert own is not None
    assert business is not None
    assert own.business_id == business.business_id == studio.business_id


async def test_orm_statements_see_one_business(studio: Studio, other_studio: Studio) -> None:
    """Without a word about the business: a query for all clients finds this business's, one after the other."""
    for one, names in ((studio, ["Ana", "Bea"]), (other_studio, ["Cleo"])):
        for name in names:
            await one.client(name)
    for one, names in ((studio, ["Ana", "Bea"]), (other_studio, ["Cleo"]), (studio, ["Ana", "Bea"])):
        async with one.ctx.unit_of_work() as uow:
            assert isinstance(uow, SqlUnitOfWork)
            clients = (await uow._session.execute(select(Client))).scalars().all()
            assert sorted(client.display_name for client in clients) == names
            counted = await uow._session.execute(select(func.count()).select_from(Client))
            assert counted.scalar_one() == len(names)


async def test_orm_changes_in_bulk_stay_within_the_business(studio: Studio, other_studio: Studio) -> None:
    """An update and a delete of all clients touch this business's alone."""
    await studio.client("Ana")
    await other_studio.client("Cleo")
    before = await other_studio.state()
    async with studio.ctx.unit_of_work() as uow:
        assert isinstance(uow, SqlUnitOfWork)
        await uow._session.execute(update(Client).values(display_name="Changed"))
    assert [row["display_name"] for row in await studio.table("clients")] == ["Changed"]
    async with studio.ctx.unit_of_work() as uow:
        assert isinstance(uow, SqlUnitOfWork)
        await uow._session.execute(delete(Client))
    assert await studio.table("clients") == []
    assert await other_studio.state() == before


@pytest.mark.parametrize("act", ["add", "change", "delete"])
async def test_an_entity_of_another_business_is_never_written(
    studio: Studio, other_studio: Studio, act: str
) -> None:
    """Added, changed or deleted: the flush raises, and both businesses are as before."""
    key = await other_studio.client("Cleo")
    async with other_studio.ctx.unit_of_work() as uow:
        foreign = await uow.get(Client, key)
    assert foreign is not None
    before = await studio.state(), await other_studio.state()
    with pytest.raises(AssertionError, match="belongs to another business"):
        async with studio.ctx.unit_of_work() as uow:
            if act == "add":
                theirs = other_studio.business_id
                uow.add(Resource(business_id=theirs, kind="room", name="Sneaked", capacity=1))
            elif act == "change":
                uow.add(foreign)
                foreign.display_name = "Changed"
            else:
                uow.add(foreign)
                await uow.delete(foreign)
    assert (await studio.state(), await other_studio.state()) == before


async def test_an_own_entity_cannot_be_moved_to_another_business(
    studio: Studio, other_studio: Studio
) -> None:
    """Changing the business of a loaded row is refused like any foreign write."""
    key = await studio.client("Ana")
    before = await studio.state(), await other_studio.state()
    with pytest.raises(AssertionError, match="Client belongs to another business"):
        async with studio.ctx.unit_of_work() as uow:
            own = await uow.get(Client, key)
            assert own is not None
            own.business_id = other_studio.business_id
    assert (await studio.state(), await other_studio.state()) == before


async def test_what_is_added_is_stamped_with_the_business(studio: Studio) -> None:
    """An entity that says nothing of a business belongs to the one at work."""
    async with studio.ctx.unit_of_work() as uow:
        resource = Resource(kind="room", name="Back room", capacity=1)
        uow.add(resource)
        await uow.flush()
        assert resource.business_id == studio.business_id
        assert resource.id > 0
