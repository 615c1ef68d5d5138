"""Limits: what is refused before anything is run, and that finding out is linear in the document."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from graphql import DocumentNode, get_introspection_query, parse
from graphql.language import (
    FragmentDefinitionNode,
    FragmentSpreadNode,
    OperationDefinitionNode,
    SelectionSetNode,
    Visitor,
    visit,
)

from app.house import House
from auth.gate import Gate
from auth.throttle import MemoryThrottle
from graphql_api.endpoint import PATH
from graphql_api.execution import limits
from graphql_api.execution.documents import BYTES_PER_CHARACTER, Documents
from graphql_api.execution.limits import Ruler
from graphql_api.execution.price import Price
from graphql_api.execution.refusals import Refused
from graphql_api.schema import core_schema, schema
from tests.graphql_api.conftest import OPEN, Api, http_to
from tests.kit.houses import Studio

SCHEMA = core_schema(schema)


def refused(text: str) -> tuple[str, str]:
    """The code and message with which a document is refused."""
    with pytest.raises(Refused) as caught:
        Documents(SCHEMA, OPEN).prepare(text)
    error = caught.value.errors[0]
    assert error.extensions is not None
    return error.extensions["code"], error.message


def selections(document: DocumentNode) -> int:
    """How many selections a document writes down."""
    found = 0

    class Counter(Visitor):
        def enter_selection_set(self, node: SelectionSetNode, *_: Any) -> None:
            nonlocal found
            found += len(node.selections)

    visit(document, Counter())
    return found


def bomb(size: int) -> str:
    """Fragments that each spread the next twice: 2^size fields, if unfolded."""
    parts = [f"fragment F{at} on Query {{ ...F{at + 1} ...F{at + 1} }}" for at in range(size)]
    return "{ ...F0 }" + "".join(parts) + f"fragment F{size} on Query {{ __typename }}"


@pytest.mark.parametrize("size", [5, 10, 20, 40])
def test_a_bomb_of_nested_fragments_is_measured_in_one_visit_per_selection(size: int) -> None:
    """2^40 fields are counted without unfolding them: each selection is looked at exactly once."""
    document = parse(bomb(size))
    ruler = Ruler(document)
    unfolded = 2**size
    if unfolded > limits.FIELDS:
        with pytest.raises(Refused):
            ruler.check()
    else:
        ruler.check()
    assert ruler.visits == selections(document) == 2 * size + 2


def test_the_bomb_is_exponential_without_memory() -> None:
    """The negative control: visiting each spread anew takes 2^size visits."""

    def naive(text: str) -> int:
        document = parse(text)
        fragments = {
            node.name.value: node.selection_set
            for node in document.definitions
            if isinstance(node, FragmentDefinitionNode)
        }

        def visits(selected: SelectionSetNode) -> int:
            found = 0
            for node in selected.selections:
                found += 1
                if isinstance(node, FragmentSpreadNode):
                    found += visits(fragments[node.name.value])
            return found

        operation = document.definitions[0]
        assert isinstance(operation, OperationDefinitionNode)
        return visits(operation.selection_set)

    assert [naive(bomb(size)) for size in (5, 10)] == [3 * 2**5 - 1, 3 * 2**10 - 1]


CONNECTION = "appointments {{ edges {{ node {{ {} }} }} }}"

REFUSED = {
    "depth": (
        "{ "
        + "clients { edges { node { appointments { edges { node { client { " * 2
        + "id"
        + " } } } } } } }" * 2
        + " }",
        "At most 12 levels of fields are allowed: found 15.",
    ),
    "aliases": (
        "{ " + " ".join(f"a{at}: __typename" for at in range(51)) + " }",
        "At most 50 aliases are allowed: found 51.",
    ),
    "aliases in a fragment": (
        "{ one: viewer { ...F } two: viewer { ...F } } fragment F on Viewer { "
        + " ".join(f"a{at}: role" for at in range(25))
        + " }",
        "At most 50 aliases are allowed: found 52.",
    ),
    "directives": (
        "{ __typename " + "@include(if: true) " * 5 + "}",
        "At most 4 directives in one place are allowed: found 5.",
    ),
    "list": (
        "{ nodes(ids: [" + '"x" ' * 251 + "]) { id } }",
        "At most 250 values in a list are allowed: found 251.",
    ),
    "list in a default": (
        "query($ids: [ID!]! = [" + '"x" ' * 251 + "]) { nodes(ids: $ids) { id } }",
        "At most 250 values in a list are allowed: found 251.",
    ),
    "fields": ("{ " + "__typename " * 501 + "}", "At most 500 fields are allowed: found 501."),
    "overlaps": ("{ " + "viewer { role } " * 70 + "}", "Too many fields are selected more than once."),
    "fragments": (
        "{ __typename }" + "".join(f"fragment F{at} on Query {{ __typename }}" for at in range(51)),
        "At most 50 fragments are allowed: found 51.",
    ),
    "operations": (
        "".join(f"query Q{at} {{ __typename }}" for at in range(21)),
        "At most 20 operations are allowed: found 21.",
    ),
    "tokens": (
        "{ " + "a " * 2_000 + "}",
        "Syntax Error: Document contains more than 2000 tokens. Parsing aborted.",
    ),
    "characters": ("{ __typename }" + " " * 65_536, "A document has at most 65536 characters."),
    "nesting": (
        "{ " + "viewer { " * 500 + "} " * 500 + "}",
        "Syntax Error: Document is nested too deeply. Parsing aborted.",
    ),
    "inline nesting": (
        "{ " + "... { " * 101 + "__typename " + "} " * 101 + "}",
        "The document is nested too deeply.",
    ),
}


@pytest.mark.parametrize("what", REFUSED)
def test_documents_beyond_a_limit_are_refused(what: str) -> None:
    """Each limit by name, one beyond it; fragments count unfolded."""
    text, message = REFUSED[what]
    assert refused(text) == ("LIMIT_EXCEEDED", message)


ALLOWED = {
    "depth": "{ clients { edges { node { appointments { edges { node { client { preferredProvider { location { id } } } } } } } } } }",
    "aliases": "{ " + " ".join(f"a{at}: __typename" for at in range(50)) + " }",
    "list": "{ nodes(ids: [" + '"x" ' * 250 + "]) { id } }",
    "introspection": get_introspection_query(),
    "shared fragments": "{ viewer { ...A ...B ...C } } "
    + " ".join(
        f"fragment {name} on Viewer {{ role user {{ id email }} business {{ id }} }}" for name in "ABC"
    ),
}


@pytest.mark.parametrize("what", ALLOWED)
def test_documents_at_a_limit_are_allowed(what: str) -> None:
    """The negative control, and what tools send: introspection, and fragments that repeat each other."""
    Documents(SCHEMA, OPEN).prepare(ALLOWED[what])


def test_fragments_within_themselves_are_refused() -> None:
    """Also where no operation uses them."""
    code = "GRAPHQL_VALIDATION_FAILED"
    direct = "{ ...A } fragment A on Query { viewer { role } ...B } fragment B on Query { ...A }"
    assert refused(direct) == (code, "Fragment 'A' is spread within itself.")
    unused = "{ __typename } fragment V on Viewer { business { ...W } } fragment W on Business { ...W }"
    assert refused(unused) == (code, "Fragment 'W' is spread within itself.")


def test_introspection_cannot_be_nested_without_end() -> None:
    """graphql-core's own rule is in force."""
    text = "{ __schema { types { fields { type { fields { type { fields { name } } } } } } } }"
    assert refused(text) == ("GRAPHQL_VALIDATION_FAILED", "Maximum introspection depth exceeded")


async def test_lists_in_variables_have_the_same_limit(stranger: Api) -> None:
    """250 values are taken, 251 are not."""
    query = "query($ids: [ID!]!) { nodes(ids: $ids) { id } }"
    assert len((await stranger.data(query, ids=["x"] * 250))["nodes"]) == 250
    error = await stranger.refused(query, ids=["x"] * 251)
    assert error["message"] == "At most 250 values in a list are allowed: found 251."
    assert error["extensions"] == {"code": "LIMIT_EXCEEDED"}


@pytest.mark.parametrize(
    ("text", "variables", "price"),
    [
        ("{ __typename }", {}, 0),
        ("{ viewer { role user { id } } }", {}, 2),
        ("{ appointments { totalCount } }", {}, 1),
        ("{ appointments(first: 50) { edges { node { id } } } }", {}, 51),
        (
            "{ appointments(first: 50) { edges { node { client { id } provider { id } deposit { id } } } } }",
            {},
            201,
        ),
        ("{ appointments { edges { node { id } } } }", {}, 21),
        ("query($n: Int) { appointments(last: $n) { edges { node { id } } } }", {"n": 7}, 8),
        ("query($n: Int = 9) { appointments(first: $n) { edges { node { id } } } }", {}, 10),
        ("query($n: Int = 9) { appointments(first: $n) { edges { node { id } } } }", {"n": 3}, 4),
        (
            "{ clients(first: 10) { edges { node { appointments(first: 9) { edges { node { id } } } } } } }",
            {},
            111,
        ),
        (
            "{ appointments(first: 10) { edges { ...E } } } fragment E on AppointmentEdge { node { client { id } } }",
            {},
            21,
        ),
        (
            "query($ids: [ID!]!) { nodes(ids: $ids) { id ... on Client { preferredProvider { id } } } }",
            {"ids": list("abc")},
            4,
        ),
        (
            'mutation { createLocation(input: {name: "A"}) { ... on CreateLocationPayload { location { id } } } }',
            {},
            11,
        ),
        ("{ __schema { types { name } } }", {}, 10),
        ('{ availability(from: "2027-03-01", to: "2027-03-07") { days { slots { startsAt } } } }', {}, 24),
        (
            'query($to: Date!) { availability(from: "2027-03-01", to: $to) { days { date } } }',
            {"to": "2999-01-01"},
            102,
        ),
    ],
)
def test_prices(text: str, variables: dict[str, Any], price: int) -> None:
    """Objects cost 1, pages multiply, mutations and introspection have prices of their own."""
    prepared = Documents(SCHEMA, OPEN).prepare(text)
    assert Price(SCHEMA, prepared.operations[0], prepared.fragments, variables).of_all() == price


async def test_an_operation_over_the_price_limit_is_refused(api: Api) -> None:
    """What it would have cost is told; what was asked and what is left stands in every answer."""
    deep = "{ clients(first: 50) { edges { node { appointments(first: 20) { edges { node { id } } } } } } }"
    error = await api.refused(deep)
    assert error["message"] == "The operation costs 1101; at most 1000 is allowed."
    assert error["extensions"] == {"code": "LIMIT_EXCEEDED"}
    answer = await api.ask("{ clients(first: 50) { edges { node { id } } } }")
    assert answer["extensions"] == {"cost": {"asked": 51, "limit": 1_000, "left": 10_000}}


class Throttled:
    """A door with a throttle that counts."""

    def __init__(self, house: House) -> None:
        self._house = house
        self.bell, self.log, self.clock = house.bell, house.log, house.clock
        self.visit, self.stranger_at, self.context = house.visit, house.stranger_at, house.context
        self.gate = Gate(
            secret=house.gate.secret,
            clock=house.clock,
            passwords=house.gate.passwords,
            throttle=MemoryThrottle(house.clock, monotonic=lambda: 1.0),
        )


async def test_the_bucket_empties_by_price(house: House, studio: Studio) -> None:
    """Each 50 points take one of the plan's 200 requests; then 429, until drops have fallen."""

    def left(response: httpx.Response) -> int:
        found: int = response.json()["extensions"]["cost"]["left"]
        return found

    page = {"query": "{ appointments(first: 100) { edges { node { client { id } } } } }"}
    async with http_to(Throttled(house)) as http:
        sent = [await http.post(PATH, json=page, headers=studio.headers) for _ in range(40)]
        assert [left(response) for response in sent[:3]] == [9_750, 9_500, 9_250]
        assert left(sent[-1]) == 0
        refused = await http.post(PATH, json={"query": "{ __typename }"}, headers=studio.headers)
        assert (refused.status_code, refused.headers["retry-after"]) == (429, "1")
        (error,) = refused.json()["errors"]
        assert error["extensions"] == {"code": "RATE_LIMITED", "retryAfterSeconds": 1}
        assert "data" not in refused.json()
        other = await http.post(PATH, json={"query": "{ __typename }"})
        assert (other.status_code, left(other)) == (200, 9_950)


async def test_refused_documents_cost_a_request(house: House) -> None:
    """Nobody sends documents for parsing without end."""
    async with http_to(Throttled(house)) as http:
        statuses = [(await http.post(PATH, json={"query": "{"})).status_code for _ in range(201)]
    assert statuses == [200] * 200 + [429]


def test_documents_are_remembered_within_a_bound() -> None:
    """The same text is prepared once; the least recently used makes room; refusals are not kept."""
    texts = [f"{{ a{at}: __typename }}" for at in range(10, 14)]
    documents = Documents(SCHEMA, OPEN, largest_memory=3 * len(texts[0]) * BYTES_PER_CHARACTER)
    first = documents.prepare(texts[0])
    documents.prepare(texts[1])
    documents.prepare(texts[2])
    assert documents.prepare(texts[0]) is first
    documents.prepare(texts[3])
    assert len(documents) == 3
    assert documents.prepare(texts[0]) is first
    second = documents.prepare(texts[1])
    assert documents.prepare(texts[1]) is second
    with pytest.raises(Refused):
        documents.prepare("{ nothing }")
    assert len(documents) == 3
