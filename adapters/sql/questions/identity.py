"""What is asked of identities and credentials: tables outside every business."""

from __future__ import annotations

from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, and_, delete, select, true, update

from adapters.sql.questions.port import Answers
from adapters.sql.tables import api_keys, identities, memberships, sessions, tenants
from auth.questions import Account, KeyFacts, KeyStanding, SessionFacts, Standing

F = TypeVar("F")

_SESSION_FACTS = (
    sessions.c.identity_id,
    sessions.c.business_id,
    sessions.c.family,
    sessions.c.identity_epoch,
    sessions.c.used_at,
    sessions.c.revoked_at,
)


class SqlIdentityQuestions(Answers):
    """See auth.questions.IdentityQuestions."""

    async def by_email(self, email_key: str) -> Account | None:
        """The identity with this address."""
        statement = select(
            identities.c.id.label("identity_id"), identities.c.password_hash, identities.c.epoch
        ).where(identities.c.email_key == email_key)
        return await self._one(Account, statement)

    async def lock_identity(self, identity_id: int) -> None:
        """Lock its row; on SQLite the transaction itself is the lock."""
        await self.executes.execute(
            select(identities.c.id).where(identities.c.id == identity_id).with_for_update()
        )

    async def keep_password_hash(self, identity_id: int, *, old_hash: str, new_hash: str) -> None:
        """Put a hash in the place of another."""
        await self.executes.execute(
            update(identities)
            .where(identities.c.id == identity_id, identities.c.password_hash == old_hash)
            .values(password_hash=new_hash)
        )

    async def standing(
        self, identity_id: int, business_id: int | None, *, session_id: int | None = None
    ) -> Standing | None:
        """The identity with its membership in the business, or with its oldest one."""
        here: ColumnElement[bool] = true()
        if business_id is not None:
            here = memberships.c.business_id == business_id
        place = memberships.join(
            tenants, and_(tenants.c.id == memberships.c.business_id, tenants.c.closed_at.is_(None))
        )
        joined = identities.outerjoin(
            place,
            and_(memberships.c.identity_id == identities.c.id, memberships.c.ended_at.is_(None), here),
        )
        statement = (
            select(
                identities.c.id.label("identity_id"),
                identities.c.email,
                identities.c.full_name,
                identities.c.epoch.label("identity_epoch"),
                memberships.c.business_id,
                memberships.c.epoch.label("membership_epoch"),
                memberships.c.role,
                tenants.c.plan,
                memberships.c.provider_id,
            )
            .select_from(joined)
            .where(identities.c.id == identity_id)
            .order_by(memberships.c.id)
            .limit(1)
        )
        if session_id is not None:
            session = select(sessions.c.id).where(
                sessions.c.id == session_id,
                sessions.c.identity_id == identities.c.id,
                sessions.c.revoked_at.is_(None),
            )
            statement = statement.where(session.exists())
        return await self._one(Standing, statement)

    async def key_by_hash(self, key_hash: str) -> KeyStanding | None:
        """The working key with this hash."""
        statement = (
            select(api_keys.c.id.label("key_id"), api_keys.c.business_id, api_keys.c.role, tenants.c.plan)
            .join_from(api_keys, tenants, tenants.c.id == api_keys.c.business_id)
            .where(
                api_keys.c.key_hash == key_hash,
                api_keys.c.revoked_at.is_(None),
                tenants.c.closed_at.is_(None),
            )
        )
        return await self._one(KeyStanding, statement)

    async def keys_of(self, business_id: int) -> list[KeyFacts]:
        """The business's working keys, oldest first."""
        statement = (
            select(
                api_keys.c.id.label("key_id"),
                api_keys.c.name,
                api_keys.c.prefix,
                api_keys.c.role,
                api_keys.c.created_by,
                api_keys.c.created_at,
            )
            .where(api_keys.c.business_id == business_id, api_keys.c.revoked_at.is_(None))
            .order_by(api_keys.c.id)
        )
        return [KeyFacts(**row._mapping) for row in await self.executes.execute(statement)]

    async def revoke_key(self, business_id: int, key_id: int, now: datetime) -> bool:
        """Revoke a key of the business."""
        revoked = await self.executes.execute(
            update(api_keys)
            .where(
                api_keys.c.id == key_id,
                api_keys.c.business_id == business_id,
                api_keys.c.revoked_at.is_(None),
            )
            .values(revoked_at=now)
            .returning(api_keys.c.id)
        )
        return revoked.scalar() is not None

    async def spend_session(self, token_hash: str, now: datetime) -> SessionFacts | None:
        """Use up a refresh token that is still good."""
        statement = (
            update(sessions)
            .where(
                sessions.c.token_hash == token_hash,
                sessions.c.used_at.is_(None),
                sessions.c.revoked_at.is_(None),
                sessions.c.expires_at > now,
            )
            .values(used_at=now)
            .returning(*_SESSION_FACTS)
        )
        return await self._one(SessionFacts, statement)

    async def session_by_hash(self, token_hash: str) -> SessionFacts | None:
        """A refresh token in whatever state."""
        statement = select(*_SESSION_FACTS).where(sessions.c.token_hash == token_hash)
        return await self._one(SessionFacts, statement)

    async def revoke_family(self, family: str, now: datetime) -> None:
        """Revoke every refresh token of a family, also one that a refresh under way is about to keep."""
        statement = (
            update(sessions)
            .where(sessions.c.family == family, sessions.c.revoked_at.is_(None))
            .values(revoked_at=now)
        )
        while (await self.executes.execute(statement)).rowcount:
            pass

    async def forget_sessions(self, before: datetime) -> int:
        """Delete the sessions that ran out before an instant."""
        forgotten = await self.executes.execute(delete(sessions).where(sessions.c.expires_at < before))
        return int(forgotten.rowcount)

    async def _one(self, kind: type[F], statement: Any) -> F | None:
        row = (await self.executes.execute(statement)).one_or_none()
        return None if row is None else kind(**row._mapping)
