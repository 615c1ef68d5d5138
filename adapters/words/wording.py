"""Templates into words: a small, harmless part of Jinja2, filled with a known list of facts.

Businesses write templates, so nothing in one may run for long or reach beyond its facts: it may name
facts, ask whether they are there, and change their case. No loops, no calls, no attributes, no
arithmetic. What is allowed is named; the rest is refused.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import StrictUndefined, TemplateSyntaxError, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

from core.kernel.errors import Issue
from core.messaging.occasions import FACTS
from core.messaging.words import Words

FILTERS = ("upper", "lower", "capitalize", "title", "trim", "default")
_ALLOWED = (
    nodes.Template,
    nodes.Output,
    nodes.TemplateData,
    nodes.Name,
    nodes.Const,
    nodes.If,
    nodes.Not,
    nodes.And,
    nodes.Or,
    nodes.Compare,
    nodes.Operand,
    nodes.Filter,
)
_NAMES = frozenset(fact.name for fact in FACTS)
_TIMES = {"starts_at": "", "deposit_due_at": "deposit_due_", "expires_at": "expires_"}
"""Facts that are instants → what the names of their day and their time begin with."""

_HERE = Path(__file__).parent


class Sandbox:
    """The shipped templates, and the rules for those of businesses. See core.messaging.words.Wording."""

    def __init__(self) -> None:
        options: dict[str, Any] = {"undefined": StrictUndefined, "trim_blocks": True, "lstrip_blocks": True}
        self._plain = ImmutableSandboxedEnvironment(autoescape=False, **options)  # text, no HTML
        self._html = ImmutableSandboxedEnvironment(autoescape=True, **options)

    def default(self, occasion: str, channel: str, language: str) -> Words:
        """The template that is shipped."""
        written = _written(language)[occasion]
        if channel == "sms":
            return Words(text=written["sms"])
        return Words(subject=written["subject"], text=written["text"])

    def issues(self, channel: str, words: Words) -> list[Issue]:
        """What is wrong with a template, one issue for each fault found."""
        found = []
        for path in ("subject", "text", "html"):
            source = getattr(words, path)
            if source is not None:
                found += [Issue(path, code, message) for code, message in self._faults(source)]
        return found

    def render(self, words: Words, channel: str, language: str, facts: Mapping[str, Any]) -> Words:
        """The words of a template with facts, times written as the language writes them."""
        return self._filled(words, _spoken(language, facts))

    def example(self, words: Words, channel: str, language: str) -> Words:
        """The words of a template with the examples of the list."""
        return self._filled(words, {fact.name: fact.example for fact in FACTS})

    def _filled(self, words: Words, facts: Mapping[str, Any]) -> Words:
        if issues := self.issues("", words):
            raise ValueError(f"a template with {issues[0].code}")
        subject = None if words.subject is None else self._plain.from_string(words.subject).render(facts)
        return Words(
            subject=None if subject is None else " ".join(subject.split()),
            text=self._plain.from_string(words.text).render(facts).strip(),
            html=None if words.html is None else self._html.from_string(words.html).render(facts),
        )

    def _faults(self, source: str) -> Iterator[tuple[str, str]]:
        try:
            tree = self._plain.parse(source)
        except TemplateSyntaxError as error:
            yield "BAD_SYNTAX", f"line {error.lineno}: {error.message}"
            return
        except RecursionError:
            yield "BAD_SYNTAX", "is nested too deeply"
            return
        seen = set()
        for node in _every(tree):
            fault = _fault(node)
            if fault is not None and fault not in seen:
                seen.add(fault)
                yield fault


def _every(tree: nodes.Node) -> Iterator[nodes.Node]:
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        yield node
        waiting += reversed(list(node.iter_child_nodes()))


def _fault(node: nodes.Node) -> tuple[str, str] | None:
    if isinstance(node, nodes.Name):
        if node.ctx == "load" and node.name in _NAMES:
            return None
        return "UNKNOWN_FACT", f"line {node.lineno}: there is no fact {node.name!r}"
    if isinstance(node, nodes.Filter):
        if node.name not in FILTERS:
            return "NOT_ALLOWED", f"line {node.lineno}: the filter {node.name!r} is not allowed"
        return None
    if not isinstance(node, _ALLOWED):
        return "NOT_ALLOWED", f"line {node.lineno}: {type(node).__name__.lower()} is not allowed"
    return None


@cache
def _written(language: str) -> dict[str, Any]:
    """What is written in a language's file."""
    return tomllib.loads((_HERE / f"{language}.toml").read_text(encoding="utf-8"))


def _spoken(language: str, facts: Mapping[str, Any]) -> dict[str, Any]:
    """Facts as words may name them: times in words, nothing where there is nothing."""
    spoken = {name: "" if facts.get(name) is None else str(facts[name]) for name in _NAMES}
    for fact, prefix in _TIMES.items():
        if (at := facts.get(fact)) is not None:
            spoken |= {f"{prefix}date": _day(language, at), f"{prefix}time": f"{at:%H:%M}"}
    return spoken


def _day(language: str, instant: datetime) -> str:
    calendar = _written(language)["calendar"]
    written: str = calendar["day"].format(
        weekday=calendar["weekdays"][instant.weekday()],
        day=instant.day,
        month=calendar["months"][instant.month - 1],
        year=instant.year,
    )
    return written
