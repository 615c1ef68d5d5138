"""What can be shown of webhook endpoints, deliveries and attempts; secrets are shown nowhere."""

from __future__ import annotations

from core.kernel.reading import Noun, Relation

WEBHOOK_ENDPOINT = Noun(
    name="webhook_endpoint",
    columns=(
        "id",
        "url",
        "scheme",
        "scheme_version",
        "event_names",
        "description",
        "is_active",
        "disabled_cause",
        "old_secret_ends_at",
        "failing_since",
        "last_success_at",
        "quiet_until",
        "created_at",
        "archived_at",
    ),
    relations={
        "deliveries": Relation("webhook_delivery", on=(("id", "endpoint_id"),), many=True),
    },
)

WEBHOOK_DELIVERY = Noun(
    name="webhook_delivery",
    columns=(
        "id",
        "endpoint_id",
        "sequence",
        "event_type",
        "state",
        "attempts",
        "next_at",
        "created_at",
        "settled_at",
    ),
    relations={
        "endpoint": Relation("webhook_endpoint", on=(("endpoint_id", "id"),)),
        "tries": Relation("webhook_attempt", on=(("id", "delivery_id"),), many=True),
    },
)

WEBHOOK_ATTEMPT = Noun(
    name="webhook_attempt",
    columns=("id", "delivery_id", "number", "at", "status", "error", "milliseconds", "answer"),
)
