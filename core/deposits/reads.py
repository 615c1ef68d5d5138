"""What can be shown of deposits."""

from __future__ import annotations

from core.kernel.reading import Noun, Relation

DEPOSIT = Noun(
    name="deposit",
    columns=(
        "id",
        "appointment_id",
        "client_id",
        "amount_minor",
        "refunded_minor",
        "currency",
        "status",
        "is_current",
        "due_at",
        "paid_at",
        "refunded_at",
        "created_at",
    ),
    relations={
        "appointment": Relation("appointment", on=(("appointment_id", "id"),)),
        "client": Relation("client", on=(("client_id", "id"),)),
    },
)
