"""What can be shown of services."""

from __future__ import annotations

from core.kernel.reading import Noun

SERVICE = Noun(
    name="service",
    columns=(
        "id",
        "name",
        "description",
        "duration_minutes",
        "price_minor",
        "currency",
        "buffer_before_minutes",
        "buffer_after_minutes",
        "deposit_percent",
        "notice_minutes",
        "step_minutes",
        "created_at",
        "archived_at",
        "policies",
    ),
)

SERVICE_PROVIDER = Noun(
    name="service_provider", key="provider_id", columns=("service_id", "provider_id", "weight")
)
