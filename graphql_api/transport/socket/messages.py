"""The messages of graphql-transport-ws, read strictly and written, and the codes that end a connection."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import orjson

from graphql_api.execution.engine import GraphQLRequest
from graphql_api.execution.refusals import Refused
from graphql_api.transport.request import LARGEST_BODY, read_json, request_from

PROTOCOL = "graphql-transport-ws"
LONGEST_ID = 200

_LONGEST_REASON = 120


class Close(Exception):
    """Ends the connection with a code and a reason."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(code, reason)
        self.code = code
        self.reason = reason[:_LONGEST_REASON]


GOING_AWAY, TOO_BIG, INTERNAL_ERROR, TRY_AGAIN_LATER = 1001, 1009, 1011, 1013
TOO_SLOW = 4290
INVALID_MESSAGE = 4400
UNAUTHORIZED = 4401
FORBIDDEN = 4403
NO_SUBPROTOCOL = 4406
INIT_TIMEOUT = 4408
DUPLICATE_ID = 4409
TOO_MANY_INITS = 4429


@dataclass(frozen=True, slots=True)
class Init:
    """The client introduces itself."""

    payload: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Ping:
    """The client wants an answer."""

    payload: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class Pong:
    """The client answers a ping of ours."""


@dataclass(frozen=True, slots=True)
class Subscribe:
    """The client wants an operation run: a subscription, a query or a mutation."""

    id: str
    request: GraphQLRequest


@dataclass(frozen=True, slots=True)
class Complete:
    """The client listens no longer."""

    id: str


Message = Init | Ping | Pong | Subscribe | Complete


def read_message(text: str) -> Message:
    """What a frame says. Raises Close for anything that the protocol does not know."""
    body = text.encode("utf-8", "surrogatepass")
    if len(body) > LARGEST_BODY:
        raise Close(TOO_BIG, f"A frame has at most {LARGEST_BODY} bytes")
    try:
        said = read_json(body)
        return _message(said)
    except Refused as refused:
        raise Close(INVALID_MESSAGE, f"Invalid message: {refused.errors[0].message}") from None


def _message(said: Any) -> Message:
    if not isinstance(said, dict):
        raise Close(INVALID_MESSAGE, "Invalid message: send one JSON object in a frame")
    match said.get("type"):
        case "connection_init":
            return Init(_payload(said) or {})
        case "ping":
            return Ping(_payload(said))
        case "pong":
            _payload(said)
            return Pong()
        case "subscribe":
            return Subscribe(_id(said), request_from(said.get("payload"), queries_only=False))
        case "complete":
            return Complete(_id(said))
        case _:
            raise Close(INVALID_MESSAGE, "Invalid message: its type is not one of the protocol's")


def _payload(said: dict[str, Any]) -> dict[str, Any] | None:
    payload = said.get("payload")
    if payload is not None and not isinstance(payload, dict):
        raise Close(INVALID_MESSAGE, "Invalid message: its payload must be an object")
    return payload


def _id(said: dict[str, Any]) -> str:
    found = said.get("id")
    if not isinstance(found, str) or not 0 < len(found) <= LONGEST_ID:
        raise Close(INVALID_MESSAGE, f"Invalid message: its id must be text of 1 to {LONGEST_ID} characters")
    return found


def next_message(id: str) -> tuple[str, str]:
    """What stands before and after a result in its `next` message."""
    return f'{{"type":"next","id":{orjson.dumps(id).decode()},"payload":', "}"


def written(kind: str, *, id: str | None = None, payload: Any = None) -> str:
    """A message as text. Text, since browsers would show bytes as a Blob."""
    said: dict[str, Any] = {"type": kind}
    if id is not None:
        said["id"] = id
    if payload is not None:
        said["payload"] = payload
    return orjson.dumps(said).decode()
