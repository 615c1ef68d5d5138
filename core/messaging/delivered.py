"""What became of a message after it was handed on, as its carrier tells it."""

from __future__ import annotations

from core.directory.client import Client
from core.kernel.context import Context
from core.messaging.message import DELIVERED, FAILED, SENDING, SENT, Message
from core.messaging.sms import OPTED_OUT

_ON_ITS_WAY = (SENDING, SENT)


async def note_delivery(
    ctx: Context, message_id: int, *, sid: str, status: str, error_code: int | None
) -> bool:
    """Keep the carrier's word: SENT, DELIVERED or FAILED; what has arrived or failed stays so.

    Answers False for a message that is not there, or that the carrier knows by another id.
    """
    async with ctx.unit_of_work() as uow:
        message = await uow.get(Message, message_id, lock=True)
        if message is None or message.sid not in (None, sid):
            return False
        message.sid = sid
        if message.status in _ON_ITS_WAY and status in (SENT, DELIVERED, FAILED):
            message.status = status
            message.error_code = error_code
            message.updated_at = uow.now
        if error_code == OPTED_OUT and message.client_id is not None:
            client = await uow.get(Client, message.client_id, lock=True)
            if client is not None and client.sms_opted_out_at is None:
                client.sms_opted_out_at = uow.now
        return True
