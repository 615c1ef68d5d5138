"""What is kept of a service, once it is judged as a whole."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Protocol

from core.availability.hours import DAY_MINUTES
from core.availability.kept import OWN_COLUMNS, kept_policies, policies_of
from core.availability.rulebook import ServiceRules
from core.catalog.policies import MAX_NOTICE_MINUTES, MOST_A_DAY, Policies, all_needs, check_policies
from core.catalog.service import ServiceProvider
from core.directory.business import Business
from core.directory.known import require_known
from core.kernel.errors import NotFound
from core.kernel.money import Money
from core.kernel.text import Check, zone_of
from core.kernel.unit_of_work import UnitOfWork
from core.resources.use import ResourceQuestions

MOST_PERFORMERS = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Performer:
    """A provider who does a service, and how often they are chosen beside the others: twice as often
    with twice the weight."""

    provider_id: int
    weight: int = 1


@dataclass(kw_only=True)
class Description:
    """All that a service says but its policies and who does it; lengths in minutes."""

    name: str
    duration_minutes: int
    description: str | None
    price: Money | None
    buffer_before_minutes: int
    buffer_after_minutes: int
    deposit_percent: Decimal | None
    notice_minutes: int
    step_minutes: int


class CatalogQuestions(Protocol):
    """What is asked of services; one statement each."""

    async def forget_performers(self, service_id: int) -> dict[int, int]:
        """Delete who does a service: everybody does. Answers the weights of those who did, by key."""
        ...


async def described(
    uow: UnitOfWork,
    business: Business,
    wanted: Description,
    policies: Policies,
    before: Mapping[str, Any],
    currency: str,
) -> dict[str, Any]:
    """What is kept of a service, by field; `before` are its policies as kept, which stay where no others
    are given. Raises Invalid with every issue found, and NotFound for an unknown room or kit."""
    check = Check()

    def minutes(path: str, least: int = 0, most: int = DAY_MINUTES) -> int:
        return check.whole(path, getattr(wanted, path), least=least, most=most, unit="minutes")

    values: dict[str, Any] = {
        "name": check.text("name", wanted.name),
        "description": check.note("description", wanted.description),
        "duration_minutes": minutes("duration_minutes", least=1),
        "price_minor": price.amount_minor if (price := wanted.price) else None,
        "buffer_before_minutes": minutes("buffer_before_minutes"),
        "buffer_after_minutes": minutes("buffer_after_minutes"),
        "deposit_percent": check.percent("deposit_percent", wanted.deposit_percent),
        "notice_minutes": minutes("notice_minutes", most=MAX_NOTICE_MINUTES),
        "step_minutes": minutes("step_minutes", least=1),
    }
    check.price("price", wanted.price, currency=currency)
    today = uow.now.astimezone(zone_of(business.time_zone)).date()
    merged = {**policies_of(before), **policies.given(today)}
    rules = ServiceRules(
        service_id=0,
        duration_minutes=wanted.duration_minutes,
        notice_minutes=wanted.notice_minutes,
        **merged,
    )
    check_policies(check, rules)
    check.done()
    await _require_resources(uow, check, rules)
    names = [name for name in ServiceRules.__dataclass_fields__ if name not in OWN_COLUMNS]
    return {**values, "policies": kept_policies({name: getattr(rules, name) for name in names})}


async def require_performers(uow: UnitOfWork, performers: Sequence[Performer] | None) -> None:
    """Raise Invalid for weights and repeats, NotFound for providers who are not there."""
    if performers is None:
        return
    check, keys = Check(), [one.provider_id for one in performers]
    if not 1 <= len(keys) <= MOST_PERFORMERS:
        check.refuse("providers", "OUT_OF_RANGE", f"must name 1 to {MOST_PERFORMERS}, or be null")
    if len(set(keys)) < len(keys):
        check.refuse("providers", "REPEATED", "must name each provider once")
    for at, one in enumerate(performers[:MOST_PERFORMERS]):
        check.whole(f"providers.{at}.weight", one.weight, least=1, most=MOST_A_DAY, unit="")
    check.done()
    await require_known(uow, provider_ids=keys)


def keep_performers(uow: UnitOfWork, service_id: int, performers: Sequence[Performer] | None) -> None:
    """Keep who does a service; None is everybody."""
    for one in performers or ():
        uow.add(ServiceProvider(service_id=service_id, provider_id=one.provider_id, weight=one.weight))


async def _require_resources(uow: UnitOfWork, check: Check, rules: ServiceRules) -> None:
    needs = list(all_needs(rules))
    if not needs:
        return
    keys = sorted({key for _, need in needs for key in need.resource_ids})
    capacities = await uow.ask(ResourceQuestions).capacities(keys)
    if len(capacities) < len(keys):
        raise NotFound("resource")
    for path, need in needs:
        if need.quantity > min(capacities[key] for key in need.resource_ids):
            check.refuse(
                f"{path}.quantity", "MORE_THAN_THERE_IS", "must not exceed the capacity of any of them"
            )
    check.done()
