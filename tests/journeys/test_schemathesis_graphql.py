"""Schemathesis fuzzes the GraphQL schema, signed in as an owner: no errors but documented refusals."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from graphql_api.schema import core_schema, schema
from graphql_api.sdl import sdl
from tests.kit.houses import new_database
from tests.kit.serving import serving

GRAPHQL = core_schema(schema)
EXAMPLES = 5
DOCUMENTED = {
    # Values that no type can rule out: of scalars, of arguments, of places in lists, and ids of nothing.
    "BAD_USER_INPUT",
    "VALIDATION_FAILED",
    "CURSOR_INVALID",
    "NOT_FOUND",
    "LIMIT_EXCEEDED",
}

_REFUSED_LITERAL = "Expected value of type '[A-Z]|Too many validation errors"

SIGN_UP = """
mutation {
  signUp(input: {email: "fuzz@studio.example", password: "correct horse battery", fullName: "Kai Rodriguez",
                 businessName: "Fuzzed"}) {
    ... on SignUpPayload { session { accessToken } }
  }
}
"""
SCALARS = {
    "DateTime": [
        "2027-03-02T10:00:00Z",
        "2099-12-31T23:59:59.999999999+14:00",
        "0001-01-01T00:00:00Z",
        "soon",
    ],
    "Date": ["2027-03-02", "9999-12-31", "0001-01-01", "2027-02-30"],
    "LocalTime": ["09:30", "00:00", "23:59:00", "24:00"],
    "TimeZone": ["Europe/Berlin", "UTC", "Mars/Base", ""],
    "EmailAddress": ["ada@quinn.example", "nobody", "", "a@b." + "c" * 300],
    "PhoneNumber": ["+4930901820", "x"],
    "Cursor": ["cur_cli_000000000000", "garbage", "", "é"],
}
NUMBERS: dict[str, list[int | float]] = {
    "MinorUnits": [0, 1, -1, 40_000, 2**53 - 1, 2**53],
    "Percent": [0, 30, 12.5, 100, -1, 1e300],
}

LEFT_OUT = {"closeBusiness": "it would end the session that everything else is asked with"}


def is_documented(error: dict[str, Any]) -> bool:
    """Whether an error is an expected refusal; a scalar's refusal of a literal is one of validation."""
    if error["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED":
        return re.match(_REFUSED_LITERAL, error["message"]) is not None
    return error["extensions"]["code"] in DOCUMENTED


def teach_scalars() -> None:
    """Tell schemathesis how our scalars are written, good values and bad ones."""
    nodes = schemathesis.graphql.nodes
    for name, texts in SCALARS.items():
        schemathesis.graphql.scalar(name, st.sampled_from(texts).map(nodes.String))
    for name, numbers in NUMBERS.items():
        literals = [nodes.Float(value) if isinstance(value, float) else nodes.Int(value) for value in numbers]
        schemathesis.graphql.scalar(name, st.sampled_from(literals))


def examples_of(cases: Any, ask: Callable[[str], None]) -> None:
    """Ask some examples of an operation, the same ones in every run."""

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=cases)
    def asked(case: Any) -> None:
        ask(case.body)

    asked()


def fuzz(http: httpx.Client) -> tuple[Counter[str], list[str]]:
    """Ask every operation of the schema some examples; how it was answered, and what went wrong."""
    told: Counter[str] = Counter()
    failures: list[str] = []

    def ask(field: str, document: str) -> None:
        answer = http.post("/graphql", json={"query": document})
        body: dict[str, Any] = answer.json()
        errors = body.get("errors", [])
        told["refused" if errors else "answered"] += 1
        if answer.status_code != 200 or not all(map(is_documented, errors)):
            failures.append(f"{field}: {answer.status_code} {body.get('errors')} for {document}")

    for operation in schemathesis.graphql.from_file(sdl()).get_all_operations():
        found: Any = operation.ok()  # type: ignore[union-attr]  # our own schema is valid
        field = found.label.partition(".")[2]
        if field in LEFT_OUT:
            continue

        examples_of(found.as_strategy(), partial(ask, field))
        told[f"field {field}"] = 1
    return told, failures


def signed_in_fuzz(url: str) -> tuple[Counter[str], list[str]]:
    """The same as the owner of a new business."""
    with httpx.Client(base_url=url, timeout=20) as http:
        signed_up = http.post("/graphql", json={"query": SIGN_UP}).json()["data"]["signUp"]
        http.headers["Authorization"] = f"Bearer {signed_up['session']['accessToken']}"
        return fuzz(http)


async def test_whatever_is_asked_is_answered_or_refused(tmp_path: Path) -> None:
    """Every root field, arguments at random: no failure, no masked error, no traceback in the log."""
    teach_scalars()
    url = await new_database("sqlite", tmp_path, None, "fuzz")
    with serving(tmp_path, url) as server:
        told, failures = await asyncio.to_thread(signed_in_fuzz, server.url)
        words = server.log.read_text()
    assert failures == [], "\n".join(failures)
    assert "Traceback" not in words
    fields = {name.removeprefix("field ") for name in told if name.startswith("field ")}
    roots = [kind for kind in (GRAPHQL.query_type, GRAPHQL.mutation_type) if kind is not None]
    assert fields == {name for kind in roots for name in kind.fields} - LEFT_OUT.keys()
    assert told["answered"] > len(fields)
