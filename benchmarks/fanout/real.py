"""The whole program on a SQLite file: every event is a client who is added, committed and read from the log.

The commits are made in the same process, as on SQLite they have to be, and are in its CPU. Subscribers
come with the owner's token, which is asked about again and again as always.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from argon2.profiles import CHEAPEST

from adapters.sql.migrate import migrate
from app.asgi import create_app
from app.house import House
from app.settings import Settings
from auth.passwords import Passwords
from auth.sign_up import SignUp, issue, sign_up
from benchmarks.fanout.side import Side
from core.directory.create_client import CreateClient, create_client
from core.kernel.context import Actor


async def real(folder: Path) -> Side:
    """The program over a new database in a folder."""
    given: dict[str, Any] = {
        "database_url": f"sqlite+aiosqlite:///{folder / 'fanout.db'}",
        "demo": True,
        "rate_limits": "off",
        "secret_key": "for a database that is thrown away, 0123456789",
        "log_level": "ERROR",
    }
    settings = Settings(**given)
    founding = House(settings, passwords=Passwords(CHEAPEST))
    await migrate(founding.database)
    async with founding.context(Actor(name="anonymous"), "benchmark") as stranger:
        command = SignUp(
            email="owner@shop.example",
            password="correct horse battery",  # noqa: S106  # of a database that is thrown away
            full_name="Ada Quinn",
            business_name="Shop",
        )
        signed_up = await sign_up(stranger, founding.gate, command, client_ip="127.0.0.1")
        tokens = await issue(stranger, founding.gate, signed_up)
    await founding.close()
    business_id = signed_up.business_id
    assert business_id is not None
    app = create_app(settings)
    house: House = app.state.house

    async def emit() -> None:
        async with house.system_at(business_id) as ctx:
            await create_client(ctx, CreateClient(display_name="Jo Park"))

    return Side(app=app, emit=emit, token=tokens.access_token)
