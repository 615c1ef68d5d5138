"""What is asked of services."""

from __future__ import annotations

from sqlalchemy import delete

from adapters.sql.questions.port import Answers
from adapters.sql.tables import service_providers


class SqlCatalogQuestions(Answers):
    """See core.catalog.describe.CatalogQuestions."""

    async def forget_performers(self, service_id: int) -> None:
        """Delete the service's rows."""
        c = service_providers.c
        await self.executes.execute(
            delete(service_providers).where(c.business_id == self.business_id, c.service_id == service_id)
        )
