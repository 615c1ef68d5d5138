"""The demo business: Midnight Ink Studio, its artists, clients and four weeks of appointments.

Everything is made through the use cases, by a clock that stands two weeks back and moves on.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy import update

from adapters.sql.tables import tenants
from app.house import House
from auth.sign_up import SignUp, sign_up
from core.appointments.book import BookAppointment, book
from core.appointments.cancel import CancelAppointment, cancel
from core.appointments.complete import CompleteAppointment, complete
from core.appointments.confirm import ConfirmAppointment, confirm
from core.appointments.mark_no_show import MarkNoShow, mark_no_show
from core.billing.plans import PRO
from core.catalog.create_service import CreateService, create_service
from core.deposits.deposit import settle_deposit
from core.directory.client import EmailTaken
from core.directory.create_client import CreateClient, create_client
from core.directory.create_provider import CreateProvider, create_provider
from core.kernel.clock import FixedClock
from core.kernel.context import Actor, Context
from core.kernel.money import Money

DEMO_EMAIL = "kai@midnightink.example"
DEMO_PASSWORD = "midnight-ink-demo"  # noqa: S105  # printed on purpose: this is the demo business
_ZONE = "America/Chicago"
_DAYS_BACK, _DAYS_AHEAD = 14, 14
_CLIENTS = 40
_LONGEST = timedelta(hours=4)

log = structlog.get_logger("daybook.seed")

_GIVEN = (
    "Jasmine Mateo Priya Theo Amara Luca Noor Wren Diego Hana Silas Freya Omar Maeve Kofi Ines Ravi Elodie "
    "Tomas Yuki"
).split()
_FAMILY = "Torres Okafor Lindqvist Moreau Castellano Haddad Nakamura Brandt Silva Whitaker".split()
_IDEAS = (
    ("fine-line", "A sprig of rosemary on the inner arm"),
    ("blackwork", "A moth across the shoulder blade"),
    ("traditional", "A swallow with a letter"),
    ("neo-traditional", "A fox among poppies, half sleeve"),
    ("lettering", "A line of a poem along the ribs"),
)


@dataclass(frozen=True, kw_only=True)
class _Cast:
    providers: list[int]
    clients: list[int]
    services: list[int]


async def seed(house: House) -> bool:
    """Make the demo business where it is missing; answers whether it was made."""
    now = house.clock.now().replace(second=0, microsecond=0)
    clock = FixedClock(now - timedelta(days=_DAYS_BACK + 1))
    async with house.context(Actor(name="anonymous"), "seed", clock) as ctx:
        try:
            signed_up = await sign_up(
                ctx,
                house.gate,
                SignUp(
                    email=DEMO_EMAIL,
                    password=DEMO_PASSWORD,
                    full_name="Kai Rodriguez",
                    business_name="Midnight Ink Studio",
                    time_zone=_ZONE,
                ),
                client_ip="127.0.0.1",
            )
        except EmailTaken:
            return False
    log.info("seed.started", business="Midnight Ink Studio")
    owner = Actor(
        name=f"user:{signed_up.identity_id}",
        identity_id=signed_up.identity_id,
        business_id=signed_up.business_id,
        provider_id=signed_up.provider_id,
    )
    assert signed_up.provider_id is not None
    await _subscribe(house, signed_up.business_id)
    dice = random.Random(20_260)  # noqa: S311  # the same demo every time
    async with house.context(owner, "seed", clock) as ctx:
        cast = await _cast(ctx, dice, signed_up.provider_id)
        booked = await _book_weeks(ctx, dice, clock, now, cast)
    log.info("seed.done", clients=len(cast.clients), appointments=booked)
    return True


async def _subscribe(house: House, business_id: int | None) -> None:
    """Put the demo business on the pro plan: a trial that began two weeks ago would be over."""
    async with house.database.connect(None, write=True) as connection:
        await connection.execute(
            update(tenants).where(tenants.c.id == business_id).values(plan=PRO, trial_ends_at=None)
        )
        await connection.commit()


async def _cast(ctx: Context, dice: random.Random, owner_id: int) -> _Cast:
    """Two more artists, three services and forty clients."""
    providers = [owner_id]
    for name, styles, note in (
        ("Mara Voss", ["blackwork", "fine-line"], "Booking 8 weeks out"),
        ("Jun Park", ["traditional", "lettering"], None),
    ):
        made = await create_provider(
            ctx, CreateProvider(display_name=name, styles=styles, availability_note=note)
        )
        providers.append(made.provider_id)
    services = []
    for title, minutes, dollars, after in (
        ("Consultation", 30, 0, 0),
        ("Small piece", 120, 260, 15),
        ("Half-day session", 240, 720, 30),
    ):
        service = await create_service(
            ctx,
            CreateService(
                name=title,
                duration_minutes=minutes,
                price=Money(dollars * 100, "USD"),
                buffer_after_minutes=after,
                deposit_percent=Decimal(30) if dollars else None,
                notice_minutes=60,
            ),
        )
        services.append(service.service_id)
    clients = []
    for number in range(_CLIENTS):
        given, family = _GIVEN[number % len(_GIVEN)], _FAMILY[number * 7 % len(_FAMILY)]
        client = await create_client(
            ctx,
            CreateClient(
                given_name=given,
                family_name=family,
                email=f"{given}.{family}.{number + 1}@example.com".lower(),
                phone=f"+1512555{100 + number:04d}",
                allergies="Nickel" if number % 13 == 0 else None,
                preferred_provider_id=dice.choice(providers),
            ),
        )
        clients.append(client.client_id)
    return _Cast(providers=providers, clients=clients, services=services)


async def _book_weeks(
    ctx: Context, dice: random.Random, clock: FixedClock, now: datetime, cast: _Cast
) -> int:
    """One to three appointments a day and artist, from two weeks back to two weeks ahead."""
    zone = ZoneInfo(_ZONE)
    booked = 0
    for offset in range(-_DAYS_BACK, _DAYS_AHEAD):
        day = (now + timedelta(days=offset)).astimezone(zone).date()
        if day.weekday() == 6:
            continue
        clock.instant = min(now, now + timedelta(days=offset - 1))
        for provider_id in cast.providers:
            hour = 10
            while hour < 16 and dice.random() < 0.75:
                style, idea = dice.choice(_IDEAS)
                kind = dice.randrange(3)
                starts_at = datetime(day.year, day.month, day.day, hour, tzinfo=zone)
                if starts_at > clock.instant:
                    made = await book(
                        ctx,
                        BookAppointment(
                            client_id=dice.choice(cast.clients),
                            provider_id=provider_id,
                            service_id=cast.services[kind],
                            starts_at=starts_at,
                            description=idea,
                            style=style,
                            within_policies=False,
                            tell_client=False,
                        ),
                    )
                    await _live(ctx, dice, made.appointment_id, is_past=starts_at < now - _LONGEST)
                    booked += 1
                hour += (1, 3, 5)[kind]
    return booked


async def _live(ctx: Context, dice: random.Random, appointment_id: int, *, is_past: bool) -> None:
    """Confirm most appointments, have most deposits paid, and bring past ones to their end."""
    fate = dice.random()
    if fate < 0.08:
        await cancel(
            ctx, CancelAppointment(appointment_id=appointment_id, within_policies=False, tell_client=False)
        )
        return
    if fate < 0.85:
        confirmed = await confirm(ctx, ConfirmAppointment(appointment_id=appointment_id, tell_client=False))
        if confirmed.deposit_id is not None and dice.random() < 0.7:
            async with ctx.unit_of_work() as uow:
                await settle_deposit(uow, confirmed.deposit_id)
    if not is_past:
        return
    if fate < 0.14:
        await mark_no_show(ctx, MarkNoShow(appointment_id=appointment_id, tell_client=False))
    else:
        await complete(ctx, CompleteAppointment(appointment_id=appointment_id))
