"""Erase a client: whoever they were, what was written about them, and every copy of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Protocol

from core.directory.client import Client, ClientErased
from core.kernel.context import Context
from core.kernel.errors import Conflict, IdempotencyMismatch, NotFound
from core.kernel.use_case import use_case

ERASED_NAME = "Erased"
_KEPT_OF_A_CLIENT = frozenset({"id", "business_id", "created_at", "archived_at", "display_name"})


@dataclass(kw_only=True)
class EraseClient:
    """The client to erase; archived ones too."""

    client_id: int
    idempotency_key: str | None = None


@dataclass(kw_only=True)
class ErasedClient:
    """The key of the client, which stays in the appointments that took place."""

    client_id: int


@dataclass(eq=False)
class ClientStillExpected(Conflict):
    """The client has appointments ahead, or waits for one."""

    code: ClassVar[str] = "CLIENT_STILL_EXPECTED"

    @property
    def message(self) -> str:
        """One sentence for people."""
        return "This client has appointments ahead or is on the waitlist: cancel them or take them off first."


class ErasingQuestions(Protocol):
    """What is asked about the traces of a client; one statement each."""

    async def is_expected(self, client_id: int, now: datetime) -> bool:
        """Whether they have an appointment that holds and is not over, or an entry of the waitlist that waits."""
        ...

    async def blank_appointments(self, client_id: int) -> None:
        """Forget what was written about their appointments; times, prices and states stay."""
        ...

    async def blank_wishes(self, client_id: int) -> None:
        """Forget what was written on their entries of the waitlist."""
        ...

    async def blank_offers(self, client_id: int) -> None:
        """Forget what was written to them with offers."""
        ...

    async def forget_carriers_ids(self, client_id: int) -> None:
        """Forget by which ids carriers know the messages to them."""
        ...

    async def blank_answers(self, client_id: int) -> None:
        """Forget what receivers of webhooks answered to events about them."""
        ...

    async def forget_bodies(self, client_id: int) -> None:
        """Forget the webhook bodies of events about them, and those of events that the log has forgotten.

        One that is still to be sent is made anew, of what is left.
        """
        ...


@use_case("client.erase", raises=(NotFound, ClientStillExpected, IdempotencyMismatch))
async def erase_client(ctx: Context, command: EraseClient) -> ErasedClient:
    """Forget names, addresses, notes and health answers for good; feeds of theirs end.

    What took place stays with its times and prices, of a client without a name. The log never held
    more than their key. Raises NotFound, and ClientStillExpected while they have something ahead.
    """
    async with ctx.unit_of_work() as uow:
        if earlier := await uow.earlier_answer("client.erase", command, ErasedClient):
            return earlier
        client = await uow.get(Client, command.client_id, lock=True)
        if client is None:
            raise NotFound("client")
        asked = uow.ask(ErasingQuestions)
        if await asked.is_expected(client.id, uow.now):
            raise ClientStillExpected()
        for name in Client.__dataclass_fields__:
            if name not in _KEPT_OF_A_CLIENT:
                setattr(client, name, None)
        client.display_name = ERASED_NAME
        client.archived_at = client.archived_at or uow.now
        await uow.flush()
        await asked.blank_appointments(client.id)
        await asked.blank_wishes(client.id)
        await asked.blank_offers(client.id)
        await asked.forget_carriers_ids(client.id)
        await asked.blank_answers(client.id)
        await asked.forget_bodies(client.id)
        uow.emit(ClientErased(client_id=client.id))
        return uow.answer(ErasedClient(client_id=client.id))
