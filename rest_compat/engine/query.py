"""What stands in a URL: path segments and query parameters, read strictly."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import unquote_plus, unquote_to_bytes

from rest_compat.engine.refusal import bad_request

_MEMBER = re.compile(r"([^\[\]]+)\[([^\[\]]*)\]")
MAX_PARAMETERS = 200


def segments_of(raw_path: bytes) -> tuple[str, ...]:
    """The parts of a path between its slashes, decoded each by itself: %2F does not part."""
    return tuple(
        unquote_to_bytes(part).decode("utf-8", "replace")
        for part in raw_path.decode("latin-1").split("/")[1:]
    )


def parameters_in(query: bytes) -> dict[str, Any]:
    """The query's parameters by name; `tag[]` gathers a list, `metadata[key]` an object.

    Raises Refusal where a plain name stands twice, or where the text is no UTF-8 or holds NUL.
    """
    found: dict[str, Any] = {}
    pairs = [pair for pair in query.split(b"&") if pair]
    if len(pairs) > MAX_PARAMETERS:
        raise bad_request("The query holds too many parameters.")
    for pair in pairs:
        name, _, value = pair.partition(b"=")
        _place(found, _text(name), _text(value))
    return found


def _place(found: dict[str, Any], name: str, value: str) -> None:
    member = _MEMBER.fullmatch(name)
    if member is None:
        if name in found:
            raise bad_request(f"The query parameter {_shown(name)} stands twice.")
        found[name] = value
    elif member[2] == "":
        gathered = found.setdefault(member[1], [])
        if not isinstance(gathered, list):
            raise bad_request(f"The query parameter {_shown(member[1])} stands twice.")
        gathered.append(value)
    else:
        members = found.setdefault(member[1], {})
        if not isinstance(members, dict) or member[2] in members:
            raise bad_request(f"The query parameter {_shown(name)} stands twice.")
        members[member[2]] = value


def _text(raw: bytes) -> str:
    try:
        text = unquote_plus(raw.decode("ascii"), errors="strict")
    except ValueError:
        raise bad_request("The query is not percent-encoded UTF-8.") from None
    if "\x00" in text:
        raise bad_request("The query must not hold NUL.")
    return text


def _shown(name: str) -> str:
    """A parameter's name, cut short and without what could break a line."""
    return ascii(name[:40])
