"""What can be shown of messages; whom and in which words was never kept."""

from __future__ import annotations

from core.kernel.reading import Noun, Relation

MESSAGE = Noun(
    name="message",
    columns=(
        "id",
        "channel",
        "template",
        "language",
        "client_id",
        "appointment_id",
        "status",
        "segments",
        "error_code",
        "created_at",
        "updated_at",
    ),
    relations={
        "client": Relation("client", on=(("client_id", "id"),)),
        "appointment": Relation("appointment", on=(("appointment_id", "id"),)),
    },
)
