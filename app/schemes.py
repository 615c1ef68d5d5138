"""The schemes of webhooks that there are: Daybook's own, and each dialect's."""

from __future__ import annotations

from core.webhooks.scheme import Schemes
from graphql_api.webhook_scheme import STANDARD
from rest_compat.servalodesk.webhooks import SERVALODESK_WEBHOOKS

WEBHOOK_SCHEMES = Schemes({scheme.name: scheme for scheme in (STANDARD, SERVALODESK_WEBHOOKS)})
