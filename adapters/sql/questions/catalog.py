"""What is asked of services."""

from __future__ import annotations

from sqlalchemy import delete

from adapters.sql.questions.port import Answers
from adapters.sql.tables import service_providers


class SqlCatalogQuestions(Answers):
    """See core.catalog.describe.CatalogQuestions."""

    async def forget_performers(self, service_id: int) -> dict[int, int]:
        """Delete the service's rows, and answer them."""
        c = service_providers.c
        deleted = await self.executes.execute(
            delete(service_providers)
            .where(c.business_id == self.business_id, c.service_id == service_id)
            .returning(c.provider_id, c.weight)
        )
        return dict(deleted.all())
