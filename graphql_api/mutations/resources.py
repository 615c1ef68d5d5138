"""Adding, changing and archiving rooms and kit."""

from __future__ import annotations

import strawberry

from auth.allow import may
from auth.permissions import Permission
from core.resources.archive_resource import ArchivedResource, archive_resource
from core.resources.create_resource import create_resource
from core.resources.update_resource import update_resource
from graphql_api.declare.fields import answered_by, keyed
from graphql_api.declare.ids import spell_id
from graphql_api.declare.inputs import MutationInput, optional, required
from graphql_api.declare.mutations import mutation
from graphql_api.declare.types import input_type, payload
from graphql_api.types import rule_errors  # noqa: F401  # the errors below have their types there
from graphql_api.types.resources import Resource, ResourceKind

WRITE = may(Permission.RESOURCES_WRITE)


@input_type
class CreateResourceInput(MutationInput):
    """A new room or kit."""

    name: str = required("The name that staff see.")
    kind: ResourceKind | None = optional("What it is; ROOM where not given.")
    capacity: int | None = optional(
        "How many units of it there are at once, at most 10,000; 1 where not given."
    )
    description: str | None = optional("What it is, in words.")
    location_id: strawberry.ID | None = optional(
        "The only location it serves; all where not given.", of="location"
    )


@payload
class CreateResourcePayload:
    """The resource was added; services can need it."""

    resource: Resource | None = keyed("resource_id", "The new resource.")


@input_type
class UpdateResourceInput(MutationInput):
    """What is left out stays as it is."""

    resource_id: strawberry.ID = required("Which resource.", of="resource")
    name: str | None = optional("The name that staff see.")
    capacity: int | None = optional(
        "How many units there are; not fewer than are taken ahead, or than a service needs at once."
    )
    description: str | None = optional("What it is, in words.")
    location_id: strawberry.ID | None = optional("The only location it serves; null is all.", of="location")


@payload
class UpdateResourcePayload:
    """The resource was changed."""

    resource: Resource | None = keyed("resource_id", "The resource.")


@input_type
class ArchiveResourceInput(MutationInput):
    """The room or kit that is used no longer."""

    resource_id: strawberry.ID = required("Which resource.", of="resource")


def _archived_id(root: ArchivedResource) -> strawberry.ID:
    return spell_id("resource", root.resource_id)


@payload
class ArchiveResourcePayload:
    """The resource is in no list any more; past appointments keep it."""

    resource_id: strawberry.ID = answered_by(_archived_id, "Which resource.")


@strawberry.type
class ResourceMutations:
    """Rooms and kit."""

    create_resource = mutation(
        create_resource,
        "Add a room or kit.",
        takes=CreateResourceInput,
        gives=CreateResourcePayload,
        allow=WRITE,
    )
    update_resource = mutation(
        update_resource,
        "Change a room or kit. Refused where more is taken ahead, or needed at once, than would be left.",
        takes=UpdateResourceInput,
        gives=UpdateResourcePayload,
        allow=WRITE,
    )
    archive_resource = mutation(
        archive_resource,
        "Archive a room or kit. Refused while a service needs it, or appointments ahead take it.",
        takes=ArchiveResourceInput,
        gives=ArchiveResourcePayload,
        allow=WRITE,
    )
