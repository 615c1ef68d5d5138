"""Adding, changing and archiving clients."""

from __future__ import annotations

import strawberry

from auth.allow import may
from auth.permissions import Permission
from core.directory.archive_client import ArchivedClient, archive_client
from core.directory.create_client import create_client
from core.directory.erase_client import ErasedClient, erase_client
from core.directory.update_client import update_client
from graphql_api.declare.fields import answered_by, keyed
from graphql_api.declare.ids import spell_id
from graphql_api.declare.inputs import MutationInput, optional, required
from graphql_api.declare.mutations import mutation
from graphql_api.declare.scalars import EmailAddress
from graphql_api.declare.types import input_type, payload
from graphql_api.types.clients import Client

WRITE = may(Permission.CLIENTS_WRITE)
ERASE = may(Permission.CLIENTS_ERASE)


@input_type
class CreateClientInput(MutationInput):
    """A new client: a display name, or given and family names to make it from."""

    display_name: str | None = optional("The name that is shown.")
    given_name: str | None = optional("The given name.")
    family_name: str | None = optional("The family name.")
    email: EmailAddress | None = optional("The e-mail address.")
    phone: str | None = optional("The phone number, in any spelling.")
    allergies: str | None = optional("Allergies. Kept encrypted.")
    medical_notes: str | None = optional("Medical notes. Kept encrypted.")
    internal_notes: str | None = optional("Notes that the client never sees. Kept encrypted.")
    preferred_provider_id: strawberry.ID | None = optional("Whom they like to come to.", of="provider")
    language: str | None = optional(
        "The language to write to them in: en, de, fr or es; the business's where null."
    )


@payload
class CreateClientPayload:
    """The client was added."""

    client: Client | None = keyed("client_id", "The new client.")


@input_type
class UpdateClientInput(MutationInput):
    """What is left out stays as it is; null makes it nothing where nothing is possible.

    A new display name is split into given and family name; new given or family names make a new
    display name.
    """

    client_id: strawberry.ID = required("Which client.", of="client")
    display_name: str | None = optional("The name that is shown.")
    given_name: str | None = optional("The given name.")
    family_name: str | None = optional("The family name.")
    email: EmailAddress | None = optional("The e-mail address.")
    phone: str | None = optional("The phone number, in any spelling.")
    allergies: str | None = optional("Allergies. Kept encrypted.")
    medical_notes: str | None = optional("Medical notes. Kept encrypted.")
    internal_notes: str | None = optional("Notes that the client never sees. Kept encrypted.")
    preferred_provider_id: strawberry.ID | None = optional("Whom they like to come to.", of="provider")
    language: str | None = optional(
        "The language to write to them in: en, de, fr or es; the business's where null."
    )
    wants_sms: bool | None = optional("False: send them no SMS any more; true: they may get some again.")


@payload
class UpdateClientPayload:
    """The client was changed."""

    client: Client | None = keyed("client_id", "The client.")


@input_type
class ArchiveClientInput(MutationInput):
    """The client to take out of the lists."""

    client_id: strawberry.ID = required("Which client.", of="client")


def _archived_id(root: ArchivedClient | ErasedClient) -> strawberry.ID:
    return spell_id("client", root.client_id)


@payload
class ArchiveClientPayload:
    """The client is in no list any more; appointments keep them, their e-mail address is free again."""

    client_id: strawberry.ID = answered_by(_archived_id, "Which client.")


@input_type
class EraseClientInput(MutationInput):
    """The client to forget, archived or not."""

    client_id: strawberry.ID = required("Which client.", of="client")


@payload
class EraseClientPayload:
    """Names, addresses, notes and health answers are gone for good; what took place stays, of nobody."""

    client_id: strawberry.ID = answered_by(_archived_id, "Which client.")


@strawberry.type
class ClientMutations:
    """Whom appointments are for."""

    create_client = mutation(
        create_client,
        "Add a client.",
        takes=CreateClientInput,
        gives=CreateClientPayload,
        allow=WRITE,
    )
    update_client = mutation(
        update_client,
        "Change a client.",
        takes=UpdateClientInput,
        gives=UpdateClientPayload,
        allow=WRITE,
    )
    archive_client = mutation(
        archive_client,
        "Archive a client. Their appointments stay as they are.",
        takes=ArchiveClientInput,
        gives=ArchiveClientPayload,
        allow=WRITE,
    )
    erase_client = mutation(
        erase_client,
        "Forget who a client was, for good: for those who ask for it. Refused while something is ahead.",
        takes=EraseClientInput,
        gives=EraseClientPayload,
        allow=ERASE,
    )
