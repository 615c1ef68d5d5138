"""A statement that fails tells the log what went wrong, and nobody's name."""

from __future__ import annotations

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from tests.kit.houses import Studio


@pytest.mark.parametrize("write", [True, False])
async def test_errors_do_not_repeat_what_people_typed(studio: Studio, write: bool) -> None:
    """The values of a failing statement are in no error text, whichever connection ran it."""
    async with studio.house.database.connect(studio.business_id, write=write) as connection:
        with pytest.raises(DBAPIError) as failed:
            await connection.execute(text("SELECT nothing_of_the_kind(:name)"), {"name": "CANARY Torres"})
    assert "CANARY" not in str(failed.value)
