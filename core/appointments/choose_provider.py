"""Choosing a provider where the client leaves the choice: in turn, by who is least busy, or all together.

Every choice is kept with what it was made from, so that "why her and not me" has an answer.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Protocol

from core.appointments.arrange import Arrangement, Asked, arrange, refusal
from core.appointments.ledger import EXTERNAL
from core.appointments.open_ledger import OpenLedger
from core.appointments.terms import Terms
from core.availability.explain import POLICY_CODES, Reason
from core.availability.rulebook import Rulebook, Taken
from core.availability.search import givers
from core.kernel.errors import invalid
from core.kernel.text import Check
from core.kernel.unit_of_work import Entity, TenantOwned, UnitOfWork

ROUND_ROBIN, LEAST_BUSY, COLLECTIVE = "ROUND_ROBIN", "LEAST_BUSY", "COLLECTIVE"
MODES = (ROUND_ROBIN, LEAST_BUSY, COLLECTIVE)
MEMORY = timedelta(days=90)
"""Turns that were taken longer ago do not count."""
MOST_PROVIDERS = 100
_NOT_AT_WORK = frozenset("HOURS OVERRIDE HOLIDAY BLOCK PROVIDER".split())
"""Rules that say somebody does not work then, or never at this."""


@dataclass(kw_only=True)
class ProviderSelection:
    """Who may be chosen and how; None is everybody who offers the service.

    ROUND_ROBIN takes the one with the fewest turns for their weight, LEAST_BUSY the one with the
    fewest minutes taken around that day for their weight, COLLECTIVE all of them together.
    """

    mode: str = ROUND_ROBIN
    provider_ids: list[int] | None = None


@dataclass(kw_only=True, eq=False)
class ProviderChoice(Entity, TenantOwned):
    """One choice: the candidates in the order they were tried, and what became of each."""

    appointment_id: int
    service_id: int | None
    mode: str
    provider_id: int
    candidates: list[dict[str, Any]] = field(default_factory=list)
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Turns:
    """How often somebody was chosen since all have been candidates, and when last."""

    count: int = 0
    last_at: datetime | None = None


class ChoiceQuestions(Protocol):
    """What choosing asks; one statement each."""

    async def turns(
        self, service_id: int | None, provider_ids: Sequence[int], since: datetime, now: datetime
    ) -> Mapping[int, Turns]:
        """The turns of each since then: appointments of the service that still stand, and live holds.

        They are counted from when the last of these providers joined the business, or from when it last
        changed who gives the service or with which weight: nobody catches up on the time before.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """Somebody who may be chosen, and what speaks for them: the less of `load`, the sooner."""

    provider_id: int
    weight: int
    load: float
    last_at: datetime | None


def named_providers(provider_id: int | None, selection: ProviderSelection | None) -> list[int] | None:
    """Those named, None being everybody. Raises Invalid where neither or both are given, too many, or no
    way to choose that there is."""
    if (provider_id is None) == (selection is None):
        raise invalid("provider_id", "ONE_OF_TWO", "give either a provider or how to choose one")
    if selection is None:
        assert provider_id is not None
        return [provider_id]
    if selection.mode not in MODES:
        raise invalid("selection.mode", "UNKNOWN_MODE", f"must be one of {', '.join(MODES)}")
    named = selection.provider_ids
    if named is not None and not 1 <= len(set(named)) <= MOST_PROVIDERS:
        raise invalid("selection.provider_ids", "OUT_OF_RANGE", f"must be 1 to {MOST_PROVIDERS} providers")
    return named


def check_together(check: Check, selection: ProviderSelection | None, capacity: int) -> None:
    """All of several give no group of `capacity` seats. Issues are noted in `check`."""
    if selection is not None and selection.mode == COLLECTIVE and capacity > 1:
        check.refuse("selection.mode", "NOT_FOR_GROUPS", "a group service has one provider")


def candidates_of(rules: Rulebook, service_id: int | None, named: Iterable[int] | None) -> list[int]:
    """Who may be chosen: those named, else those who offer the service, else everybody who books."""
    if named is not None:
        return sorted(set(named))
    return givers(rules, None if service_id is None else rules.services.get(service_id))


def in_turn(keys: Sequence[int], weights: Mapping[int, int], turns: Mapping[int, Turns]) -> list[Candidate]:
    """Those with the fewest turns for their weight first, then who waited longest, then by key."""
    return _ranked(
        Candidate(
            provider_id=key,
            weight=weights.get(key, 1),
            load=(turns.get(key, Turns()).count + 1) / weights.get(key, 1),
            last_at=turns.get(key, Turns()).last_at,
        )
        for key in keys
    )


def by_time_taken(
    keys: Sequence[int], weights: Mapping[int, int], rules: Rulebook, taken: Sequence[Taken]
) -> list[Candidate]:
    """Those with the fewest minutes sold or held among the rows, for their weight, first; then by key."""
    minutes: dict[int, int] = {}
    for row in taken:
        if row.kind != EXTERNAL:
            minutes[row.resource_id] = minutes.get(row.resource_id, 0) + row.end - row.start
    return _ranked(
        Candidate(
            provider_id=key,
            weight=weights.get(key, 1),
            load=minutes.get(rules.providers[key].resource_id, 0) / weights.get(key, 1),
            last_at=None,
        )
        for key in keys
        if key in rules.providers
    )


@dataclass(frozen=True, kw_only=True)
class Choice:
    """Who was chosen, the one who leads first, and how each can be had at each start.

    `mode` None is no choice: one provider was named.
    """

    provider_ids: list[int]
    found: Mapping[tuple[int, int], Arrangement]
    mode: str | None = None
    log: list[dict[str, Any]] = field(default_factory=list)

    def at(self, provider_id: int, start: int) -> Arrangement:
        """How a provider can be had at a start."""
        return self.found[provider_id, start]


async def choose(
    uow: UnitOfWork,
    ledger: OpenLedger,
    terms: Terms,
    asked: Asked,
    selection: ProviderSelection | None,
    candidates: Sequence[int],
    starts: Mapping[int, Sequence[int]],
) -> Choice:
    """Who gives the appointments: whoever is chosen can be had at all the starts that are theirs.

    By the staff door whoever works then comes before those who do not, whoever's turn it is. Raises what
    stands against the provider who was named, or the first one in turn: OutsidePolicy or SlotTaken. The
    candidates' time is locked, so that turns are counted right under load.
    """
    if selection is None:
        (provider_id,) = candidates
        found = _had(ledger, terms, asked, provider_id, starts[provider_id], uow.now)
        if not isinstance(found, dict):
            raise refusal(terms, asked, provider_id, found.start, found.reasons)
        return Choice(provider_ids=[provider_id], found=found)
    if selection.mode == COLLECTIVE:
        return _all_together(ledger, terms, asked, candidates, starts[candidates[0]], uow.now)
    asked = replace(asked, among=tuple(candidates))
    ranked = await _in_order(uow, ledger, terms, selection.mode, candidates)
    against = {} if asked.within_policies else _rules_against(ledger, terms, asked, starts, uow.now)
    tried: list[dict[str, Any]] = []
    first: _Against | None = None
    for candidate in sorted(ranked, key=lambda one: _apart(against.get(one.provider_id, []))):
        found = _had(ledger, terms, asked, candidate.provider_id, starts[candidate.provider_id], uow.now)
        if isinstance(found, dict):
            tried.append(_entry(candidate, "CHOSEN"))
            log = _set_aside(ranked, tried, against) + tried
            return Choice(provider_ids=[candidate.provider_id], found=found, mode=selection.mode, log=log)
        tried.append(_entry(candidate, found.reasons[0].code if found.reasons else "TAKEN"))
        if first is None or (_is_policy(first) and not _is_policy(found)):
            first = found
    assert first is not None
    raise refusal(terms, asked, first.provider_id, first.start, first.reasons)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Against:
    """What stands against a provider, at the first start that it does."""

    provider_id: int
    start: int
    reasons: list[Reason]


def _entry(candidate: Candidate, outcome: str) -> dict[str, Any]:
    facts = {"provider_id": candidate.provider_id, "weight": candidate.weight, "load": candidate.load}
    return {**facts, "outcome": outcome}


def _rules_against(
    ledger: OpenLedger, terms: Terms, asked: Asked, starts: Mapping[int, Sequence[int]], now: datetime
) -> dict[int, list[str]]:
    """The rules that speak against each provider, at the first start that any does; none are left out."""
    judged = replace(asked, heeding=POLICY_CODES)
    found: dict[int, list[str]] = {}
    for provider_id, own in starts.items():
        had = _had(ledger, terms, judged, provider_id, own, now)
        if isinstance(had, _Against) and had.reasons:
            found[provider_id] = list(dict.fromkeys(reason.code for reason in had.reasons))
    return found


def _apart(codes: Sequence[str]) -> tuple[bool, int]:
    """Where someone is placed by the rules against them: who does not work then comes last."""
    return not _NOT_AT_WORK.isdisjoint(codes), len(codes)


def _set_aside(
    ranked: Sequence[Candidate], tried: Sequence[dict[str, Any]], against: Mapping[int, list[str]]
) -> list[dict[str, Any]]:
    """Those whose turn came before that of the chosen one, the last who was tried, and who were not tried;
    each with the first rule that speaks against them and not against the chosen one."""
    keys = [entry["provider_id"] for entry in tried]
    before = [one.provider_id for one in ranked].index(keys[-1])
    known = against.get(keys[-1], [])
    return [
        _entry(one, next(code for code in against[one.provider_id] if code not in known))
        for one in ranked[:before]
        if one.provider_id not in keys
    ]


def _is_policy(against: _Against) -> bool:
    return any(reason.code in POLICY_CODES for reason in against.reasons)


def _had(
    ledger: OpenLedger, terms: Terms, asked: Asked, provider_id: int, starts: Sequence[int], now: datetime
) -> dict[tuple[int, int], Arrangement] | _Against:
    found: dict[tuple[int, int], Arrangement] = {}
    for start in starts:
        arranged = arrange(ledger, terms, asked, provider_id, start, now)
        if not isinstance(arranged, Arrangement):
            return _Against(provider_id=provider_id, start=start, reasons=arranged)
        found[provider_id, start] = arranged
    return found


def _all_together(
    ledger: OpenLedger,
    terms: Terms,
    asked: Asked,
    candidates: Sequence[int],
    starts: Sequence[int],
    now: datetime,
) -> Choice:
    """All of the candidates; what is needed beside them is taken once, with the first."""
    asked = replace(asked, among=tuple(candidates), together=True)
    found: dict[tuple[int, int], Arrangement] = {}
    for position, provider_id in enumerate(candidates):
        alone = replace(asked, demand=replace(asked.demand, resources=())) if position else asked
        had = _had(ledger, terms, alone, provider_id, starts, now)
        if not isinstance(had, dict):
            raise refusal(terms, asked, provider_id, had.start, had.reasons)
        found |= had
    log = [{"provider_id": key, "outcome": "CHOSEN"} for key in candidates]
    return Choice(provider_ids=list(candidates), found=found, mode=COLLECTIVE, log=log)


async def _in_order(
    uow: UnitOfWork, ledger: OpenLedger, terms: Terms, mode: str, candidates: Sequence[int]
) -> list[Candidate]:
    weights = terms.service.weights if terms.service else {}
    if mode == LEAST_BUSY:
        return by_time_taken(candidates, weights, terms.rules, ledger.taken)
    service_id = terms.service.service_id if terms.service else None
    turns = await uow.ask(ChoiceQuestions).turns(service_id, candidates, uow.now - MEMORY, uow.now)
    return in_turn(candidates, weights, turns)


def _ranked(candidates: Iterable[Candidate]) -> list[Candidate]:
    return sorted(
        candidates,
        key=lambda one: (one.load, one.last_at.timestamp() if one.last_at else 0.0, one.provider_id),
    )
