"""What a hold, its end and an offer say to their transaction, word for word."""

from __future__ import annotations

from typing import Any

import pytest

from core.appointments.choose_provider import ProviderSelection
from core.appointments.hold import OFFER, HeldSlot, Hold, HoldSlot, SlotHeld, hold_slot, keep
from core.appointments.ledger import Allocation, Locked
from core.appointments.release_hold import (
    HoldRanOut,
    HoldReleased,
    ReleasedHold,
    ReleaseHold,
    expire_hold,
    release_hold,
)
from core.kernel.clock import minute_of
from core.kernel.errors import NotFound
from tests.core.appointments.on_paper import Paper, allocated, client, hold, opened
from tests.core.availability.in_memory import HOME, KAI, MARA, NOW, TEN, later, row, salon, service

SEATS = [
    Locked(resource_id=90, kind="seats", capacity=8),
    Locked(resource_id=700, kind="provider", capacity=1),
]
TIME = SEATS[1:]


async def test_a_hold_takes_the_time_for_ten_minutes_and_has_its_end_looked_at() -> None:
    """Locks, the hold and what it takes, the job at its end, the event; no word of its end to the client."""
    paper = Paper(salon(service(buffer_after_minutes=10)))
    command = HoldSlot(starts_at=TEN, provider_id=MARA, service_id=3)
    made = await hold_slot(paper.ctx, command)
    until = NOW.replace(minute=10)
    event = SlotHeld(hold_id=1_001, provider_id=MARA, starts_at=TEN, expires_at=until)
    assert paper.said == [
        ("earlier_answer", "slot.hold", command, HeldSlot),
        ("booking_facts", [MARA], None, 3),
        ("changes", None, None),
        *opened([700], 0, 70),
        ("add", "Hold"),
        ("add", "Allocation"),
        ("touch", [700]),
        ("schedule", "expire_hold", {"hold_id": 1_001}, until, "hold:1001"),
        ("emit", event),
        ("answer", HeldSlot(hold_id=1_001)),
    ]
    assert made == HeldSlot(hold_id=1_001)
    assert paper.kept(Hold) == [
        {
            "id": 1_001,
            "kind": "hold",
            "provider_id": MARA,
            "service_id": 3,
            "client_id": None,
            "location_id": HOME,
            "starts_at": TEN,
            "ends_at": later(hours=1),
            "duration_minutes": 60,
            "seats": 1,
            "created_at": NOW,
            "expires_at": until,
            "ended_at": None,
            "ended_as": None,
            "mode": None,
            "candidates": None,
        }
    ]
    assert paper.kept(Allocation) == [
        allocated(1_002, 700, 0, 70, kind="hold", hold_id=1_001, service_id=3, expires_at=until)
    ]


async def test_an_offer_is_kept_for_its_client_for_as_long_as_the_caller_says() -> None:
    """Longer than a hold may last; seats of a group among them. The client is locked after the resources."""
    paper = Paper(salon(service(capacity=8)))
    command = HoldSlot(starts_at=TEN, provider_id=MARA, service_id=3, seats=2, for_minutes=600)
    kept = await keep(paper.uow, paper.shelf, command, kind=OFFER, client_id=4)
    assert (kept.kind, kept.client_id, kept.seats) == ("offer", 4, 2)
    assert minute_of(kept.expires_at) - minute_of(NOW) == 600
    assert paper.said[0] == ("booking_facts", [MARA], 4, 3)
    words = [line[0] for line in paper.said]
    client = paper.said.index(("get", "Client", 4, "locked"))
    assert words.index("lock") < client < words.index("add")
    assert [line for line in paper.kept(Allocation) if line["kind"] == "hold"] == [
        allocated(
            1_005,
            1_002,
            0,
            60,
            kind="hold",
            quantity=2,
            is_exclusive=False,
            hold_id=1_001,
            service_id=3,
            expires_at=kept.expires_at,
        )
    ]


async def test_nothing_is_kept_for_whoever_was_archived_while_the_lock_was_waited_for() -> None:
    """NotFound, and nothing is added; by the staff door they are not looked at."""
    gone = client(4, archived_at=NOW)
    for within_policies in (True, False):
        paper = Paper(salon(service()), there=[gone])
        command = HoldSlot(
            starts_at=TEN, provider_id=MARA, service_id=3, for_minutes=600, within_policies=within_policies
        )
        if not within_policies:
            await keep(paper.uow, paper.shelf, command, kind=OFFER, client_id=4)
            assert paper.heard("get") == []
            continue
        with pytest.raises(NotFound) as missing:
            await keep(paper.uow, paper.shelf, command, kind=OFFER, client_id=4)
        assert (missing.value.noun, paper.added) == ("client", [])


async def test_how_long_a_hold_lasts() -> None:
    """As said, else as the service says, else ten minutes."""
    lasting: list[tuple[dict[str, Any], int]] = [
        ({"service_id": 3, "for_minutes": 60}, 60),
        ({"service_id": 3, "for_minutes": 1}, 1),
        ({"service_id": 3}, 25),
        ({"duration_minutes": 30}, 10),
    ]
    for more, minutes in lasting:
        paper = Paper(salon(service(hold_minutes=25)))
        command = HoldSlot(**{"starts_at": TEN, "provider_id": MARA, **more})
        await hold_slot(paper.ctx, command)
        (kept,) = paper.kept(Hold)
        assert minute_of(kept["expires_at"]) - minute_of(NOW) == minutes
        assert kept["duration_minutes"] == more.get("duration_minutes", 60)


async def test_the_least_busy_is_held_with_how_they_were_chosen() -> None:
    """The first by key where nobody has anything; Kai where Mara has an hour that day."""
    selection = ProviderSelection(mode="LEAST_BUSY", provider_ids=[MARA, KAI])
    rows = [row(MARA, 120, 180)]
    for taken, expected in (([], MARA), (rows, KAI)):
        paper = Paper(salon(service()), *taken)
        await hold_slot(paper.ctx, HoldSlot(starts_at=TEN, selection=selection, service_id=3))
        (kept,) = paper.kept(Hold)
        assert (kept["provider_id"], kept["mode"]) == (expected, "LEAST_BUSY")
        assert kept["candidates"] == [
            {"provider_id": expected, "weight": 1, "load": 0.0, "outcome": "CHOSEN"}
        ]


async def test_a_hold_is_given_back_once() -> None:
    """Locked, let go with its session, its job dropped; a second time says nothing."""
    kept = hold()
    paper = Paper(salon(), there=[kept], lock=SEATS, free_hold=[90], end_empty_sessions=[700])
    command = ReleaseHold(hold_id=6)
    assert await release_hold(paper.ctx, command) == ReleasedHold(hold_id=6)
    assert paper.said == [
        ("earlier_answer", "hold.release", command, ReleasedHold),
        ("get", "Hold", 6, "locked"),
        ("lock", [], {"hold_ids": [6]}),
        ("free_hold", 6),
        ("touch", [90]),
        ("end_empty_sessions", [90, 700], NOW),
        ("touch", [700]),
        ("cancel_job", "hold:6"),
        ("emit", HoldReleased(hold_id=6)),
        ("answer", ReleasedHold(hold_id=6)),
    ]
    assert (kept.ended_at, kept.ended_as) == (NOW, "RELEASED")
    again = Paper(salon(), there=[kept])
    await release_hold(again.ctx, command)
    assert [line[0] for line in again.said] == ["earlier_answer", "get", "answer"]
    earlier = Paper(salon(), earlier_answer=ReleasedHold(hold_id=9))
    assert await release_hold(earlier.ctx, command) == ReleasedHold(hold_id=9)
    with pytest.raises(NotFound) as missing:
        await release_hold(Paper(salon()).ctx, command)
    assert missing.value.noun == "hold"


async def test_a_hold_that_has_run_out_is_reported_once() -> None:
    """From its last instant on; before it, after it was given back, or gone, nothing is said."""
    kept = hold(expires_at=NOW)
    paper = Paper(salon(), there=[kept], lock=TIME, free_hold=[700])
    await expire_hold(paper.ctx, 6)
    assert paper.said == [
        ("get", "Hold", 6, "locked"),
        ("lock", [], {"hold_ids": [6]}),
        ("free_hold", 6),
        ("touch", [700]),
        ("emit", HoldRanOut(hold_id=6)),
    ]
    assert (kept.ended_at, kept.ended_as) == (NOW, "EXPIRED")
    for there in ([kept], [hold()], []):
        quiet = Paper(salon(), there=there)
        await expire_hold(quiet.ctx, 6)
        assert quiet.said == [("get", "Hold", 6, "locked")]
