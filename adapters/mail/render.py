"""Letters into mail messages: a subject and a plain text from the template of that name."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from core.messaging.mail import Letter
from core.messaging.occasions import DEFAULT_LANGUAGE

_templates = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    undefined=StrictUndefined,
    autoescape=False,  # noqa: S701  # plain text, never HTML
    trim_blocks=True,
    lstrip_blocks=True,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """A letter in words."""

    message_id: str
    to: str
    subject: str
    text: str
    html: str | None = None


def render(letter: Letter) -> Rendered:
    """The words that a letter brings, else those of its template: the first line is the subject.

    What has not been written in the letter's language is said in English.
    """
    if letter.words is not None:
        return Rendered(
            message_id=letter.message_id,
            to=letter.to,
            subject=" ".join((letter.words.subject or "").split()),
            text=letter.words.text.strip() + "\n",
            html=letter.words.html,
        )
    names = [f"{letter.template}.{language}.txt" for language in (letter.language, DEFAULT_LANGUAGE)]
    words = _templates.select_template(names).render(letter.facts)
    subject, _, text = words.partition("\n")
    return Rendered(
        message_id=letter.message_id,
        to=letter.to,
        subject=" ".join(subject.split()),
        text=text.strip() + "\n",
    )
