"""Mail and SMS that tests look at: noted instead of sent, or refused as long as a test likes."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime

from sqlalchemy import text

from app.house import House
from app.worker import work_off
from core.kernel.clock import FixedClock
from core.messaging.mail import Letter
from core.messaging.sms import SmsSender, TakenSms, TextMessage
from tests.kit.houses import NOW, Studio, new_studio


class Posts:
    """Everything said, in order: letters and texts."""

    def __init__(self) -> None:
        self.letters: list[Letter] = []
        self.texts: list[TextMessage] = []

    def mailer(self) -> MailBox:
        """A mailer that notes letters here."""
        return MailBox(self)

    @property
    def said(self) -> list[str]:
        """The occasions of the letters."""
        return [letter.template for letter in self.letters]


class MailBox:
    """Notes letters."""

    def __init__(self, posts: Posts) -> None:
        self._posts = posts

    async def send(self, letter: Letter) -> None:
        """Note the letter."""
        self._posts.letters.append(letter)


class TextBox:
    """Notes texts."""

    def __init__(self, posts: Posts) -> None:
        self._posts = posts

    async def send(self, message: TextMessage, *, again: bool) -> TakenSms:
        """Note the text."""
        self._posts.texts.append(message)
        return TakenSms(sid=f"SM{len(self._posts.texts)}")


@asynccontextmanager
async def studio_with_posts(house: House, number: int) -> AsyncIterator[tuple[Studio, Posts]]:
    """A studio in a house of the module's own, its queue empty, whose mail and SMS are noted."""
    posts = Posts()
    mailer, sender = house.mailer, house.outside[SmsSender]
    house.mailer, house.outside[SmsSender] = posts.mailer(), TextBox(posts)
    async with house.database.connect(None, write=True) as connection:
        await connection.execute(text("DELETE FROM jobs"))
        await connection.commit()
    studio, block = await new_studio(house, number)
    await work_off(house)
    posts.letters.clear()
    try:
        yield studio, posts
    finally:
        await block.__aexit__(None, None, None)
        house.mailer, house.outside[SmsSender] = mailer, sender
        _clock(house).instant = NOW


async def at(house: House, instant: datetime) -> int:
    """Let the time come, and do what is due then."""
    _clock(house).instant = instant
    return await work_off(house)


def _clock(house: House) -> FixedClock:
    assert isinstance(house.clock, FixedClock)
    return house.clock
