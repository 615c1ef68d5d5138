"""Documents, parsed, measured and validated once, and remembered by their hash within a bound in bytes."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from dataclasses import dataclass

from graphql import (
    DocumentNode,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLSchema,
    GraphQLSyntaxError,
    MaxIntrospectionDepthRule,
    OperationDefinitionNode,
    parse,
    specified_rules,
    validate,
)

from graphql_api.execution import limits
from graphql_api.execution.refusals import (
    BAD_REQUEST,
    LIMIT_EXCEEDED,
    PARSE_FAILED,
    VALIDATION_FAILED,
    Refused,
    refuse,
    with_code,
)
from graphql_api.settings import GraphQLSettings

LARGEST_MEMORY = 64 * 1024 * 1024
BYTES_PER_CHARACTER = 320
"""What a parsed document takes for each character of its text, rounded up from measurement."""

_RULES = (*specified_rules, MaxIntrospectionDepthRule)
_MOST_ERRORS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A valid document within the limits."""

    document: DocumentNode
    operations: list[OperationDefinitionNode]
    fragments: dict[str, FragmentDefinitionNode]

    def operation(self, name: str | None) -> OperationDefinitionNode:
        """The operation to run. Raises Refused where the name does not settle it."""
        if name is None and len(self.operations) == 1:
            return self.operations[0]
        if name is None:
            raise refuse(BAD_REQUEST, "The document has several operations: say which with operationName.")
        for operation in self.operations:
            if operation.name is not None and operation.name.value == name:
                return operation
        raise refuse(BAD_REQUEST, "The document has no operation of that name.")


class Documents:
    """Prepares documents. The least recently used make room; what is refused is not remembered."""

    def __init__(
        self, schema: GraphQLSchema, settings: GraphQLSettings, *, largest_memory: int = LARGEST_MEMORY
    ) -> None:
        self._schema = schema
        self._settings = settings
        self._largest_memory = largest_memory
        self._known: OrderedDict[bytes, tuple[int, Prepared]] = OrderedDict()
        self._size = 0

    def __len__(self) -> int:
        return len(self._known)

    def prepare(self, text: str) -> Prepared:
        """The document of a text. Raises Refused."""
        digest = hashlib.sha256(text.encode()).digest()
        known = self._known.get(digest)
        if known is not None:
            self._known.move_to_end(digest)
            return known[1]
        prepared = self._prepared(text)
        self._remember(digest, len(text) * BYTES_PER_CHARACTER, prepared)
        return prepared

    def _prepared(self, text: str) -> Prepared:
        document = _parsed(text)
        limits.Ruler(document, introspection=self._settings.introspection).check()
        errors = validate(
            self._schema,
            document,
            _RULES,
            max_errors=_MOST_ERRORS,
            hide_suggestions=not self._settings.suggestions,
        )
        if errors:
            raise Refused(with_code(errors, VALIDATION_FAILED))
        definitions = document.definitions
        return Prepared(
            document=document,
            operations=[node for node in definitions if isinstance(node, OperationDefinitionNode)],
            fragments={
                node.name.value: node for node in definitions if isinstance(node, FragmentDefinitionNode)
            },
        )

    def _remember(self, digest: bytes, size: int, prepared: Prepared) -> None:
        self._known[digest] = (size, prepared)
        self._size += size
        while self._size > self._largest_memory:
            _, (freed, _) = self._known.popitem(last=False)
            self._size -= freed


def _parsed(text: str) -> DocumentNode:
    if len(text) > limits.CHARACTERS:
        raise refuse(LIMIT_EXCEEDED, f"A document has at most {limits.CHARACTERS} characters.")
    try:
        return parse(text, max_tokens=limits.TOKENS)
    except GraphQLSyntaxError as error:
        code = LIMIT_EXCEEDED if "Parsing aborted" in error.message else PARSE_FAILED
        raise Refused(with_code([error], code)) from None
    except GraphQLError as error:
        raise Refused(with_code([error], PARSE_FAILED)) from None
    except RecursionError:
        raise refuse(LIMIT_EXCEEDED, "The document is nested too deeply.") from None
