"""Words: what is said, and the port through which templates become words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from core.kernel.errors import Issue

MOST_SUBJECT, MOST_TEXT, MOST_HTML, MOST_SMS = 200, 10_000, 50_000, 1_000
"""How long words of each kind may be, in characters of the template."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """A message in words, or the template of one.

    Mail has a subject, a plain text and, where the business wrote one, an HTML part beside it. SMS has
    the text alone.
    """

    text: str
    subject: str | None = None
    html: str | None = None


class Wording(Protocol):
    """Turns templates into words."""

    def default(self, occasion: str, channel: str, language: str) -> Words:
        """The template that is shipped."""
        ...

    def issues(self, channel: str, words: Words) -> list[Issue]:
        """What is wrong with a template: bad syntax, unknown facts, constructs that are not allowed."""
        ...

    def render(self, words: Words, channel: str, language: str, facts: Mapping[str, Any]) -> Words:
        """The words of a template, with facts as `core.messaging.said.facts_of` gives them.

        Facts in HTML are escaped; a subject is one line. Raises ValueError for a template with issues.
        """
        ...

    def example(self, words: Words, channel: str, language: str) -> Words:
        """The words of a template with the examples of `FACTS`."""
        ...
