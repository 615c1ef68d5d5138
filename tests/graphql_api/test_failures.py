"""What is our own fault: one masked error, a traceback in the log, and no word of the inside."""

from __future__ import annotations

import logging

import pytest

from adapters.sql.reading.reader import SqlReader
from tests.graphql_api.conftest import Api
from tests.kit.houses import Studio


async def test_a_failure_is_masked_and_logged_with_its_traceback(
    api: Api, studio: Studio, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The client learns that it was not the request; the log learns everything, and the rest is answered."""

    async def broken(*_: object) -> None:
        raise RuntimeError("the disk said something private")

    monkeypatch.setattr(SqlReader, "page", broken)
    answer = await api.ask("{ clients { totalCount } viewer { role } }")
    assert answer["data"] is None
    (error,) = answer["errors"]
    assert error["message"] == "Something went wrong here, not with the request. It has been noted."
    assert error["extensions"]["code"] == "INTERNAL_ERROR"
    assert len(error["extensions"]["requestId"]) == 16
    (record,) = [record for record in caplog.records if record.exc_info]
    assert (record.name, record.levelno) == ("daybook.graphql", logging.ERROR)
    assert record.getMessage() == "a field failed: clients"
    assert record.exc_info is not None
    assert str(record.exc_info[1]) == "the disk said something private"


async def test_refusals_log_nothing(api: Api, stranger: Api, caplog: pytest.LogCaptureFixture) -> None:
    """Expected refusals are answers, not events in the log."""
    with caplog.at_level(logging.INFO):
        await stranger.refused("{ clients { totalCount } }")
        await api.refused("{ clients(first: 0) { totalCount } }")
        await api.refused("{ nothing }")
        await api.refused("{")
    assert [record for record in caplog.records if record.name != "httpx"] == []


async def test_long_messages_are_cut(stranger: Api) -> None:
    """An answer is never longer for echoing what was sent."""
    error = await stranger.refused("{ " + "x" * 60_000 + " }")
    assert len(error["message"]) == 501
