"""The page on availability: its examples are questions that the schema understands."""

from __future__ import annotations

import re

import pytest
from graphql import parse, validate

from graphql_api.schema import core_schema, schema
from tests.architecture.sources import ROOT

PAGE = (ROOT / "docs" / "availability.md").read_text()
EXAMPLES = re.findall(r"```graphql\n(.*?)```", PAGE, re.DOTALL)


@pytest.mark.parametrize("text", EXAMPLES, ids=lambda text: text.split("(")[0].split("{")[0].strip())
def test_an_example_is_valid(text: str) -> None:
    """Every field, argument and type in it exists."""
    assert validate(core_schema(schema), parse(text)) == []


def test_there_are_examples_and_a_wrong_one_is_noticed() -> None:
    """The negative control."""
    assert len(EXAMPLES) >= 6
    assert validate(core_schema(schema), parse(EXAMPLES[0].replace("firstDay", "firstNight"))) != []
