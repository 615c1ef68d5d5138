"""Adding a provider: bookable at once, at a public address of their own."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import Any

import pytest

from adapters.sql.questions.directory import SqlSlugQuestions
from core.directory.business import SlugTaken
from core.directory.create_provider import CreatedProvider, CreateProvider, create_provider
from core.directory.reads import PROVIDER
from core.kernel.errors import IdempotencyMismatch, Invalid, NotFound
from core.kernel.reading import Selection
from tests.kit.houses import Studio

SHOWN = set(PROVIDER.columns) - {"id", "created_at", "archived_at", "slug", "location_id"}


async def shown(studio: Studio, key: int, fields: set[str]) -> dict[str, Any]:
    """A provider as it reads back."""
    row = await studio.ctx.read.one(Selection(noun=PROVIDER, fields=fields), key)
    assert row is not None
    return row


async def slug_of(studio: Studio, key: int) -> str:
    """The public address of a provider."""
    return str((await shown(studio, key, {"slug"}))["slug"])


async def test_a_provider_is_kept_cleaned_with_a_resource_event_and_audit(studio: Studio) -> None:
    """Spaces around values go, and one row each stands for the provider's time and what happened."""
    key = await studio.provider(
        " Mara Voss ",
        role="manager",
        email=" mara@example.com ",
        is_accepting_bookings=False,
        weekly_hours={"monday": [[780, 1_020], [540, 720]], "tuesday": []},
        deposit_percent=Decimal("12.5"),
        styles=[" Fine line ", "Blackwork"],
        instagram_handle="@mara",
        availability_note=" ",
        portfolio_images=["https://img.example/1.jpg"],
    )
    assert await shown(studio, key, SHOWN) == {
        "display_name": "Mara Voss",
        "role": "manager",
        "email": "mara@example.com",
        "is_accepting_bookings": False,
        "weekly_hours": {"monday": [[540, 720], [780, 1_020]], "tuesday": []},
        "deposit_percent": Decimal("12.5"),
        "styles": ["Fine line", "Blackwork"],
        "instagram_handle": "@mara",
        "availability_note": None,
        "portfolio_images": ["https://img.example/1.jpg"],
    }
    resource = (await studio.table("resources"))[-1]
    (row,) = [row for row in await studio.table("providers") if row["id"] == key]
    assert (resource["id"], resource["kind"], resource["capacity"]) == (row["resource_id"], "provider", 1)
    event, audit = (await studio.table("events"))[-1], (await studio.table("audit"))[-1]
    assert (event["type"], event["key"]) == ("provider.created", key)
    assert (audit["action"], audit["key"]) == ("provider.created", key)
    assert "mara" not in repr((event["payload"], audit)).lower()


async def test_defaults_are_the_first_location_and_the_businesss_rules(studio: Studio) -> None:
    """Without more than a name: accepting, by the business's hours and percentage."""
    key = await studio.provider("Ines Okafor")
    (location,) = await studio.table("locations")
    assert await shown(studio, key, {*SHOWN, "location_id", "slug"}) == {
        "location_id": location["id"],
        "display_name": "Ines Okafor",
        "slug": await slug_of(studio, key),
        "role": "provider",
        "email": None,
        "is_accepting_bookings": True,
        "weekly_hours": None,
        "deposit_percent": None,
        "styles": [],
        "instagram_handle": None,
        "availability_note": None,
        "portfolio_images": [],
    }


async def test_public_addresses_are_numbered_where_names_collide(studio: Studio, fresh_number: int) -> None:
    """`kai-rodriguez`, `kai-rodriguez-2`… over all businesses; a number that is free is not skipped."""
    name = f"Zoë Ünal {fresh_number} {studio.business_id} {id(studio.house)}"
    stem = f"zoe-unal-{fresh_number}-{studio.business_id}-{id(studio.house)}"
    slugs = [await slug_of(studio, await studio.provider(name)) for _ in range(3)]
    assert slugs == [stem, f"{stem}-2", f"{stem}-3"]
    await studio.provider("Five", slug=f"{stem}-5")
    assert await slug_of(studio, await studio.provider(name)) == f"{stem}-4"
    assert await slug_of(studio, await studio.provider(name)) == f"{stem}-6"


async def test_the_owner_of_the_next_studio_gets_the_next_address(
    studio: Studio, other_studio: Studio
) -> None:
    """Both owners are Kai Rodriguez: one address each, of the documented form."""
    slugs = [
        await slug_of(studio, studio.provider_id),
        await slug_of(other_studio, other_studio.provider_id),
    ]
    assert slugs[0] != slugs[1]
    assert all(slug.startswith("kai-rodriguez") for slug in slugs)


@pytest.mark.parametrize("name", ["木村", "🎨", "'"])
async def test_a_name_without_letters_of_an_address_still_has_one(studio: Studio, name: str) -> None:
    """`provider`, and numbers after it."""
    slug = await slug_of(studio, await studio.provider(name))
    assert slug.rstrip("0123456789") in ("provider", "provider-")


async def test_a_long_name_has_a_short_address(studio: Studio) -> None:
    """Eighty characters at most, before a number, and no hyphen left at the end."""
    slug = await slug_of(studio, await studio.provider("a " * 99 + "b"))
    assert slug.startswith("a-a-a-")
    assert len(slug) <= 84
    assert not slug.endswith("-")


async def test_an_address_that_is_taken_is_refused(studio: Studio, other_studio: Studio) -> None:
    """In whichever business; the refusal names it and changes nothing."""
    taken = await slug_of(other_studio, other_studio.provider_id)
    before = await studio.state()
    with pytest.raises(SlugTaken) as refused:
        await studio.provider(slug=taken)
    assert refused.value.slug == taken
    assert await studio.state() == before


async def test_an_address_that_is_malformed_is_refused(studio: Studio) -> None:
    """Capitals, spaces, doubled or outer hyphens, nothing, too much."""
    before = await studio.state()
    for slug in ("", "Mara", "mara voss", "-mara", "mara-", "mara--voss", "mära", "a\x00", "a" * 81):
        with pytest.raises(Invalid) as refused:
            await studio.provider(slug=slug)
        assert [(issue.path, issue.code) for issue in refused.value.issues] == [("slug", "BAD_SLUG")]
    assert await studio.state() == before


async def test_of_many_who_race_for_an_address_one_has_it(studio: Studio, fresh_number: int) -> None:
    """Asked for by name, the others are refused; made from a display name, each gets the next number."""
    slug = f"race-{fresh_number}-{studio.business_id}-{id(studio.house)}"
    exact = [CreateProvider(display_name="Racer", slug=slug) for _ in range(6)]
    answers = await asyncio.gather(
        *(create_provider(studio.ctx, command) for command in exact), return_exceptions=True
    )
    assert sorted(type(answer).__name__ for answer in answers) == ["CreatedProvider"] + ["SlugTaken"] * 5
    named = await asyncio.gather(*(studio.provider(slug) for _ in range(6)))
    assert {await slug_of(studio, key) for key in named} == {f"{slug}-{number}" for number in range(2, 8)}
    assert len(await studio.table("providers")) == 1 + 1 + 6


async def test_an_address_taken_behind_the_questions_back_is_passed_over(
    studio: Studio, monkeypatch: pytest.MonkeyPatch, fresh_number: int
) -> None:
    """The insert itself decides: the list of taken addresses may be a moment old."""

    async def nothing(_self: SqlSlugQuestions, _noun: str, _slug: str) -> set[str]:
        return set()

    name = f"stale-{fresh_number}-{studio.business_id}-{id(studio.house)}"
    await studio.provider(name)
    monkeypatch.setattr(SqlSlugQuestions, "taken_like", nothing)
    assert await slug_of(studio, await studio.provider(name)) == f"{name}-2"
    assert await slug_of(studio, await studio.provider(name)) == f"{name}-3"


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"display_name": " "}, [("display_name", "REQUIRED")]),
        ({"role": "boss"}, [("role", "UNKNOWN_ROLE")]),
        ({"email": "x"}, [("email", "BAD_EMAIL")]),
        ({"weekly_hours": {"funday": []}}, [("weekly_hours.funday", "UNKNOWN_WEEKDAY")]),
        ({"weekly_hours": {"monday": [[5, 5]]}}, [("weekly_hours.monday", "BAD_SHIFT")]),
        ({"deposit_percent": Decimal(101)}, [("deposit_percent", "OUT_OF_RANGE")]),
        ({"styles": ["ok", ""]}, [("styles.1", "REQUIRED")]),
        ({"styles": ["s"] * 51}, [("styles", "TOO_MANY")]),
        ({"instagram_handle": "h" * 101}, [("instagram_handle", "TOO_LONG")]),
        ({"availability_note": "\x00"}, [("availability_note", "BAD_CHARACTER")]),
        ({"portfolio_images": ["https://x/" + "u" * 2_001]}, [("portfolio_images.0", "TOO_LONG")]),
        ({"portfolio_images": ["javascript:alert(1)"]}, [("portfolio_images.0", "BAD_URL")]),
        ({"display_name": "", "email": ""}, [("display_name", "REQUIRED"), ("email", "BAD_EMAIL")]),
    ],
)
async def test_bad_values_are_named_and_nothing_is_kept(
    studio: Studio, given: dict[str, Any], expected: list[tuple[str, str]]
) -> None:
    """Every broken rule is an issue with its path and code, and the business is as before."""
    before = await studio.state()
    with pytest.raises(Invalid) as refused:
        await create_provider(studio.ctx, CreateProvider(**{"display_name": "Mara", **given}))
    assert [(issue.path, issue.code) for issue in refused.value.issues] == expected
    assert await studio.state() == before


async def test_unknown_and_foreign_locations_are_refused_alike(studio: Studio, other_studio: Studio) -> None:
    """Another business's location is worth as much as one that never was."""
    (foreign,) = await other_studio.table("locations")
    before = await studio.state()
    for key in (foreign["id"], 2**53 - 1):
        with pytest.raises(NotFound) as refused:
            await studio.provider(location_id=key)
        assert refused.value.noun == "location"
    assert await studio.state() == before


async def test_a_repeated_key_answers_as_before(studio: Studio) -> None:
    """One provider, resource and address per key; other input under the key is refused."""
    command = CreateProvider(display_name="Mara Voss", idempotency_key="k")
    first = await create_provider(studio.ctx, command)
    before = await studio.state()
    assert (
        await create_provider(studio.ctx, command) == first == CreatedProvider(provider_id=first.provider_id)
    )
    with pytest.raises(IdempotencyMismatch):
        await create_provider(studio.ctx, CreateProvider(display_name="Other", idempotency_key="k"))
    assert await studio.state() == before
