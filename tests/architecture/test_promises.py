"""What every event and every use case declares of itself."""

from __future__ import annotations

import ast
import dataclasses
import inspect
import re
import typing
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from types import NoneType, UnionType
from typing import Any

from core.kernel.context import Context
from core.kernel.errors import DomainError
from core.kernel.events import EVENT_TYPES, Event
from core.kernel.use_case import Declared
from tests.architecture.sources import ROOMS, dotted, modules, named, python_files, tree_of

NOUN_VERB = re.compile(r"[a-z]+(?:_[a-z]+)*\.[a-z]+(?:_[a-z]+)*")
PERSONAL = re.compile(r"name|email|phone|address|note|allerg|medical|reason|text|description|birth")


def event_classes() -> list[type[Event]]:
    """Every event that the core declares; what others declare cannot be emitted without a row."""
    modules("core", "auth")
    return [kind for kind in _below(Event) if kind.__module__.split(".")[0] in ("core", "auth")]


def _below(kind: type[Event]) -> Iterator[type[Event]]:
    for one in kind.__subclasses__():
        yield one
        yield from _below(one)


def use_cases() -> dict[str, Callable[..., Any]]:
    """Every declared function, by its full name."""
    return {
        f"{module.__name__}.{name}": function
        for module in modules("core", "auth")
        for name, function in vars(module).items()
        if inspect.isfunction(function)
        and function.__module__ == module.__name__
        and isinstance(getattr(function, "declared", None), Declared)
    }


def declared(function: Callable[..., Any]) -> Declared:
    """What a use case declared."""
    found = function.declared  # type: ignore[attr-defined]
    assert isinstance(found, Declared)
    return found


def test_every_event_is_registered_under_a_type_of_its_own() -> None:
    """`noun.verb`; the key of what it is about is one of its fields."""
    kinds = event_classes()
    assert len(kinds) > 10
    assert len({kind.type for kind in kinds}) == len(kinds)
    for kind in kinds:
        assert EVENT_TYPES[kind.type] is kind
        assert NOUN_VERB.fullmatch(kind.type), kind
        assert kind.key_field in {field.name for field in dataclasses.fields(kind)}, kind
        assert inspect.getdoc(kind), kind


def test_events_are_ids_and_facts_without_personal_data() -> None:
    """Integers, words of ours, truth values and instants; no field that could hold a name or a note."""
    for kind in event_classes():
        hints = typing.get_type_hints(kind)
        for field in dataclasses.fields(kind):
            hint = hints[field.name]
            parts = set(typing.get_args(hint)) if isinstance(hint, UnionType) else {hint}
            assert parts <= {int, str, bool, datetime, NoneType}, (kind, field.name)
            assert not PERSONAL.search(field.name), (kind, field.name)


def test_events_are_declared_in_the_core_alone() -> None:
    """No other room has a class below Event, whose row nobody would look for."""
    elsewhere = {
        f"{named(file)}: {node.name}"
        for file in python_files(*ROOMS)
        if not named(file).startswith("core/")
        for node in ast.walk(tree_of(file))
        if isinstance(node, ast.ClassDef)
        and any(dotted(base).rpartition(".")[2] == Event.__name__ for base in node.bases)
    }
    assert elsewhere == set()


def test_every_use_case_has_a_verb_of_its_own_and_says_what_it_refuses() -> None:
    """`noun.verb`, typed errors, and a sentence."""
    found = use_cases()
    assert len(found) > 15
    verbs = [declared(function).verb for function in found.values()]
    assert len(set(verbs)) == len(verbs)
    for name, function in found.items():
        said = declared(function)
        assert NOUN_VERB.fullmatch(said.verb), name
        assert all(issubclass(error, DomainError) for error in said.raises), name
        assert inspect.getdoc(function), name
        assert inspect.iscoroutinefunction(function), name


def test_whoever_takes_a_context_and_a_command_is_a_use_case() -> None:
    """A verb that forgot to declare itself is found by its parameters."""
    forgotten = {
        f"{module.__name__}.{name}"
        for module in modules("core", "auth")
        for name, function in vars(module).items()
        if inspect.isfunction(function)
        and function.__module__ == module.__name__
        and list(inspect.signature(function).parameters)[:1] == ["ctx"]
        and "command" in inspect.signature(function).parameters
    } - set(use_cases())
    assert forgotten == set()


def test_use_cases_remember_their_answers_under_their_own_verb() -> None:
    """Whoever changes something takes an idempotency key, and asks for it by the verb that it declared."""
    for name, function in use_cases().items():
        tree = tree_of_function(function)
        asked = [node for node in ast.walk(tree) if _is_call_of(node, "earlier_answer")]
        opens = any(
            _is_call_of(node, "unit_of_work") or _is_call_of(node, "open_unit_of_work")
            for node in ast.walk(tree)
        )
        if not opens:
            assert asked == [], name
            continue
        hints = typing.get_type_hints(function)
        if "command" not in hints:
            continue
        fields = {field.name for field in dataclasses.fields(hints["command"])}
        assert ("idempotency_key" in fields) == bool(asked), name
        for call in asked:
            assert isinstance(call, ast.Call)
            assert isinstance(call.args[0], ast.Constant)
            assert call.args[0].value == declared(function).verb, name


def test_what_a_use_case_raises_it_has_declared() -> None:
    """Each error that it raises by itself is of a declared kind."""
    for name, function in use_cases().items():
        known = inspect.getmodule(function)
        for node in ast.walk(tree_of_function(function)):
            if not isinstance(node, ast.Raise) or node.exc is None:
                continue
            raised = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
            kind = getattr(known, raised.id, None) if isinstance(raised, ast.Name) else None
            if isinstance(kind, type) and issubclass(kind, DomainError):
                assert issubclass(kind, declared(function).raises), (name, kind)


def tree_of_function(function: Callable[..., Any]) -> ast.AST:
    """What a function says."""
    file = inspect.getsourcefile(function)
    assert file is not None
    for node in ast.walk(tree_of(Path(file))):
        if isinstance(node, ast.AsyncFunctionDef) and node.name == function.__name__:
            return node
    raise AssertionError(f"{function} is nowhere")


def _is_call_of(node: ast.AST, method: str) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == method


def test_the_context_is_the_only_way_out() -> None:
    """What a use case may reach is what stands in its Context."""
    assert {field.name for field in dataclasses.fields(Context)} >= {
        "actor",
        "clock",
        "read",
        "asker",
        "open_unit_of_work",
    }
