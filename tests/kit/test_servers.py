"""The servers that other tests rely on are there, and are what they should be."""

from __future__ import annotations

import asyncio

from playwright.async_api import Page
from redis.asyncio import Redis
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from tests.kit.loopback import loopback_server


async def test_postgres_answers_a_query(postgres_url: str) -> None:
    """PostgreSQL takes a connection and answers."""
    engine = create_async_engine(postgres_url)
    async with engine.connect() as connection:
        assert (await connection.execute(text("SELECT 1"))).scalar_one() == 1
    await engine.dispose()


async def test_postgres_refuses_overlaps_with_btree_gist(postgres_url: str) -> None:
    """An exclusion constraint over a number and a range keeps overlapping rows out."""
    engine = create_async_engine(postgres_url)
    async with engine.connect() as connection:
        await connection.execute(text("CREATE EXTENSION IF NOT EXISTS btree_gist"))
        await connection.execute(
            text(
                "CREATE TEMPORARY TABLE held (who int, during int4range, "
                "EXCLUDE USING gist (who WITH =, during WITH &&))"
            )
        )
        hold = text(
            "INSERT INTO held VALUES (:who, int4range(:starts, :ends)) ON CONFLICT DO NOTHING RETURNING who"
        )
        kept = [
            (
                await connection.execute(hold, {"who": who, "starts": starts, "ends": ends})
            ).scalar_one_or_none()
            for who, starts, ends in ((1, 10, 20), (1, 19, 30), (1, 20, 30), (2, 19, 30))
        ]
        await connection.rollback()
    await engine.dispose()
    assert kept == [1, None, 1, 2]


async def test_redis_answers_ping_and_runs_scripts(redis_url: str) -> None:
    """Redis answers PING, also from within a Lua script."""
    client = Redis.from_url(redis_url, protocol=2)
    try:
        assert await client.ping()
        assert await client.eval("return redis.call('PING')['ok']", 0) == b"PONG"
    finally:
        await client.aclose()


async def test_chromium_opens_a_page_served_from_loopback(browser_page: Page) -> None:
    """Chromium loads a page from a local server and runs its script."""
    body = b"<!doctype html><title>Daybook</title><p id=said></p><script>said.textContent = 6 * 7</script>"

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\n\r\n" + body)
        await writer.drain()

    async with loopback_server(answer) as port:
        await browser_page.goto(f"http://127.0.0.1:{port}/")
        assert await browser_page.title() == "Daybook"
        assert await browser_page.locator("#said").text_content() == "42"
