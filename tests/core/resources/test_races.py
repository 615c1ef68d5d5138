"""Rules that two people change at once: what each of them proves still holds when both are done."""

from __future__ import annotations

import asyncio

from core.availability.rulebook import ResourceNeed
from core.catalog.create_service import CreateService, create_service
from core.catalog.policies import Policies
from core.resources.archive_resource import ArchiveResource, archive_resource
from core.resources.create_resource import CreateResource, create_resource
from core.resources.update_resource import UpdateResource, update_resource
from tests.kit.houses import Studio

ROUNDS = 6


async def test_a_resource_never_shrinks_below_what_a_service_needs(studio: Studio) -> None:
    """A service that needs two units, one that makes them fewer, one that archives them: one of them wins."""
    for number in range(ROUNDS):
        kit = (await create_resource(studio.ctx, CreateResource(name="Kit", capacity=2))).resource_id
        needs = [ResourceNeed(resource_ids=(kit,), quantity=2)]
        service = CreateService(name=f"Service {number}", duration_minutes=60, policies=Policies(needs=needs))
        async with studio.house.context(studio.ctx.actor, "beside") as beside:
            smaller = number % 2 == 0
            other = (
                update_resource(beside, UpdateResource(resource_id=kit, capacity=1))
                if smaller
                else archive_resource(beside, ArchiveResource(resource_id=kit))
            )
            answers = await asyncio.gather(create_service(studio.ctx, service), other, return_exceptions=True)
        kinds = sorted(type(one).__name__ for one in answers if isinstance(one, Exception))
        assert kinds in (["Invalid"] if smaller else ["NotFound"], ["ResourceNeeded"]), answers
