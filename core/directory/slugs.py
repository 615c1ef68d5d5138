"""Public addresses: short names, unique over all businesses, for what the public may find."""

from __future__ import annotations

from typing import Literal, Protocol

from core.directory.business import SlugTaken
from core.kernel.errors import invalid
from core.kernel.text import slug_of
from core.kernel.unit_of_work import UnitOfWork

SlugNoun = Literal["business", "provider"]
MAX_SLUG = 80


class SlugQuestions(Protocol):
    """What is asked of public addresses, outside every business since strangers look them up; one
    statement each."""

    async def taken_like(self, noun: SlugNoun, slug: str) -> set[str]:
        """The addresses in use that are this one, or this one and a number."""
        ...

    async def find(self, noun: SlugNoun, slug: str) -> tuple[int, int] | None:
        """The (business, key) that an address leads to; none where the business is closed."""
        ...

    async def claim(self, noun: SlugNoun, slug: str, key: int) -> bool:
        """Have the address lead to a thing of the business; False where it is in use."""
        ...

    async def let_go(self, noun: SlugNoun, key: int) -> None:
        """Free the address of a thing of the business."""
        ...


async def claim_slug(uow: UnitOfWork, noun: SlugNoun, name: str, key: int) -> str:
    """Take the first free address made from a name: `kai-rodriguez`, else `kai-rodriguez-2`…"""
    stem = slug_of(name)[:MAX_SLUG].strip("-") or noun
    questions = uow.ask(SlugQuestions)
    taken = await questions.taken_like(noun, stem)
    slug, number = stem, 1
    while slug in taken or not await questions.claim(noun, slug, key):
        number += 1
        slug = f"{stem}-{number}"
    return slug


async def claim_exact_slug(uow: UnitOfWork, noun: SlugNoun, slug: str, key: int) -> str:
    """Take an address as given. Raises Invalid where it is malformed, SlugTaken where it is in use."""
    if slug_of(slug) != slug or not 0 < len(slug) <= MAX_SLUG:
        raise invalid("slug", "BAD_SLUG", "must be lower-case words of a-z and 0-9 joined by hyphens")
    if not await uow.ask(SlugQuestions).claim(noun, slug, key):
        raise SlugTaken(slug)
    return slug
