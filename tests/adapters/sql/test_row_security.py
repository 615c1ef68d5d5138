"""Row-level security: what PostgreSQL itself keeps apart, with the application's own fences out of the way."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg  # type: ignore[import-untyped]
import pytest
from sqlalchemy.engine import make_url

from adapters.sql.database import APP_ROLE, TENANT_SETTING
from adapters.sql.tables import TENANT_TABLES, metadata
from app.house import House
from core.appointments.confirm import ConfirmAppointment, confirm
from core.calendars.create_feed import CreateCalendarFeed, create_calendar_feed
from core.kernel.money import Money
from tests.kit.filling import fill
from tests.kit.houses import Studio

pytestmark = pytest.mark.parametrize("database_kind", ["postgresql"], indirect=True, scope="session")

WITHOUT_BUSINESS = {"alembic_version", "identities", "kept_mail", "tenants"}
OUTSIDE_BUSINESSES = {
    *("api_keys", "display_credentials", "memberships", "public_slugs", "sessions", "stream_tickets"),
    *("jobs", "webhook_turns"),
}
"""Tables that name a business and are asked before anybody stands in one (design: identity)."""


@asynccontextmanager
async def raw(
    house: House, *, role: str | None = APP_ROLE, business_id: int | None = None
) -> AsyncIterator[Any]:
    """A bare connection to the house's database, in a role and perhaps in a business."""
    url = make_url(house.database.url).set(drivername="postgresql")
    settings = {} if role is None else {"role": role}
    connection = await asyncpg.connect(url.render_as_string(hide_password=False), server_settings=settings)
    try:
        if business_id is not None:
            await connection.execute(f"SELECT set_config('{TENANT_SETTING}', '{business_id}', false)")
        yield connection
    finally:
        await connection.close()


async def filled(studio: Studio) -> Studio:
    """The studio with a row in every tenant table."""
    client_id = await studio.client(email="ana@example.com", idempotency_key="filled", allergies="latex")
    service_id = await studio.service(price=Money(40_000, "USD"))
    appointment_id = await studio.appointment(client_id, service_id=service_id)
    await confirm(studio.ctx, ConfirmAppointment(appointment_id=appointment_id))
    await create_calendar_feed(studio.ctx, CreateCalendarFeed(provider_id=studio.provider_id))
    await fill(studio)
    return studio


async def test_a_session_without_a_business_sees_no_row(studio: Studio) -> None:
    """Of no tenant table, though each has rows."""
    await filled(studio)
    async with raw(studio.house) as connection:
        counts = {name: await connection.fetchval(f"SELECT count(*) FROM {name}") for name in TENANT_TABLES}
    assert counts == dict.fromkeys(TENANT_TABLES, 0)


async def test_a_session_sees_its_own_business_and_nothing_of_another(
    studio: Studio, other_studio: Studio
) -> None:
    """Each of two businesses has rows in every tenant table, and each sees exactly its own."""
    for one in (studio, other_studio):
        await filled(one)
    for one in (studio, other_studio):
        async with raw(one.house, business_id=one.business_id) as connection:
            for name in TENANT_TABLES:
                seen = await connection.fetch(f"SELECT DISTINCT business_id FROM {name}")
                assert [row["business_id"] for row in seen] == [one.business_id], name


async def test_the_superuser_sees_everybody(studio: Studio, other_studio: Studio) -> None:
    """The negative control: the same questions by a role that bypasses row-level security see both."""
    for one in (studio, other_studio):
        await filled(one)
    both = {studio.business_id, other_studio.business_id}
    async with raw(studio.house, role=None, business_id=studio.business_id) as connection:
        for name in TENANT_TABLES:
            seen = await connection.fetch(f"SELECT DISTINCT business_id FROM {name}")
            assert both <= {row["business_id"] for row in seen}, name


@pytest.mark.parametrize("setting", ["", "0", "-1", "9007199254740991"])
async def test_a_business_that_is_none_sees_no_row(studio: Studio, setting: str) -> None:
    """An empty, zero or unknown business owns nothing of anybody's."""
    await filled(studio)
    async with raw(studio.house) as connection:
        await connection.execute(f"SELECT set_config('{TENANT_SETTING}', '{setting}', false)")
        for name in TENANT_TABLES:
            seen = await connection.fetchval(f"SELECT count(*) FROM {name} WHERE business_id <> 0")
            assert seen == 0, name


async def test_rows_cannot_be_written_into_another_business(studio: Studio, other_studio: Studio) -> None:
    """Neither by a copy under its key nor by moving one's own row over: every tenant table refuses both."""
    await filled(studio)
    mine, theirs = studio.business_id, other_studio.business_id
    before = await studio.state(), await other_studio.state()
    async with raw(studio.house, business_id=mine) as connection:
        for name in TENANT_TABLES:
            copied = (
                f"INSERT INTO {name} SELECT (jsonb_populate_record(r, '{{\"business_id\": {theirs}}}')).*"
                f" FROM {name} r LIMIT 1"
            )
            for statement in (copied, f"UPDATE {name} SET business_id = {theirs}"):
                with pytest.raises(asyncpg.InsufficientPrivilegeError, match="row-level security"):
                    await connection.execute(statement)
    assert (await studio.state(), await other_studio.state()) == before


async def test_rows_of_another_business_cannot_be_changed_or_deleted(
    studio: Studio, other_studio: Studio
) -> None:
    """Not even when named by key: no row is touched."""
    await filled(other_studio)
    before = await other_studio.state()
    where = f"WHERE business_id = {other_studio.business_id}"
    async with raw(studio.house, business_id=studio.business_id) as connection:
        for name in TENANT_TABLES:
            assert await connection.execute(f"DELETE FROM {name} {where}") == "DELETE 0"
            assert (
                await connection.execute(f"UPDATE {name} SET business_id = business_id {where}") == "UPDATE 0"
            )
    assert await other_studio.state() == before


async def test_security_is_enabled_and_forced_on_every_tenant_table(house: House) -> None:
    """With one policy each that holds for every command, for reading and for writing."""
    async with raw(house) as connection:
        rows = await connection.fetch(
            "SELECT c.relname, c.relrowsecurity, c.relforcerowsecurity, p.polcmd, p.polpermissive,"
            " pg_get_expr(p.polqual, p.polrelid) AS reads,"
            " pg_get_expr(p.polwithcheck, p.polrelid) AS writes"
            " FROM pg_class c LEFT JOIN pg_policy p ON p.polrelid = c.oid"
            " WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace"
        )
    guarded = {row["relname"]: row for row in rows if row["relrowsecurity"]}
    assert sorted(guarded) == sorted(TENANT_TABLES)
    assert len(rows) == len({row["relname"] for row in rows})
    for name, row in guarded.items():
        assert row["relforcerowsecurity"], name
        assert (row["polcmd"], row["polpermissive"]) == (b"*", True), name
        assert row["reads"] == row["writes"], name
        assert f"business_id = (NULLIF(current_setting('{TENANT_SETTING}'::text, true)" in row["reads"], name


async def test_every_table_is_a_tenants_or_known_to_stand_outside(house: House) -> None:
    """A new table with a business in it is fenced, or somebody wrote down here why it is not."""
    async with raw(house) as connection:
        named = await connection.fetch(
            "SELECT table_name FROM information_schema.columns"
            " WHERE table_schema = 'public' AND column_name = 'business_id'"
        )
        every = await connection.fetch(
            "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'"
        )
    with_business = {row["table_name"] for row in named}
    assert with_business == set(TENANT_TABLES) | OUTSIDE_BUSINESSES
    assert {row["table_name"] for row in every} == with_business | WITHOUT_BUSINESS
    assert set(metadata.tables) == with_business | WITHOUT_BUSINESS - {"alembic_version"}


async def test_the_applications_role_owns_nothing_and_bypasses_nothing(house: House) -> None:
    """It cannot sign in, is no superuser, makes no tables, and may change rows but not their shape."""
    async with raw(house) as connection:
        assert await connection.fetchval("SELECT current_user") == APP_ROLE
        role = await connection.fetchrow(
            "SELECT rolsuper, rolbypassrls, rolcanlogin, rolcreaterole, rolcreatedb, rolreplication"
            " FROM pg_roles WHERE rolname = $1",
            APP_ROLE,
        )
        assert set(role.values()) == {False}
        owned = await connection.fetchval(
            "SELECT count(*) FROM pg_shdepend d JOIN pg_roles r ON r.oid = d.refobjid"
            " WHERE r.rolname = $1 AND d.deptype = 'o'",
            APP_ROLE,
        )
        assert owned == 0
        for statement in (
            "CREATE TABLE public.sneaked (id int)",
            "ALTER TABLE clients DISABLE ROW LEVEL SECURITY",
            "ALTER TABLE clients NO FORCE ROW LEVEL SECURITY",
            "DROP POLICY own_business ON clients",
            "TRUNCATE clients",
            "DROP TABLE clients",
            "SELECT pg_read_file('/etc/passwd')",
        ):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.execute(statement)


async def test_the_houses_own_connections_stand_in_the_business_they_were_asked_for(
    studio: Studio, other_studio: Studio
) -> None:
    """One after the other on the same few connections: each sees its own clients, and nobody's sees none."""
    for one, name in ((studio, "Ana"), (other_studio, "Bea")):
        await one.client(name)
    database = studio.house.database
    for _ in range(12):
        for write in (False, True):
            for standing, expected in ((studio, ["Ana"]), (other_studio, ["Bea"]), (None, [])):
                business_id = None if standing is None else standing.business_id
                async with database.connect(business_id, write=write) as connection:
                    rows = await connection.exec_driver_sql("SELECT display_name FROM clients")
                    assert rows.scalars().all() == expected


async def test_a_business_entered_within_a_transaction_is_left_with_it(house: House, studio: Studio) -> None:
    """After signing up, the connection that founded the business sees nothing of it any more."""
    pool_size = 10
    for _ in range(pool_size + 1):
        async with house.database.connect(None, write=True) as connection:
            rows = await connection.exec_driver_sql("SELECT business_id FROM businesses")
            assert rows.scalars().all() == []
    assert len(await studio.table("businesses")) == 1
