"""What stands in a body: bytes, then JSON, form, multipart or CSV as named values, read strictly."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from starlette.datastructures import Headers, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.types import Receive

from rest_compat.engine.query import parameters_in
from rest_compat.engine.refusal import Kind, Refusal, bad_request

MAX_BYTES = 1_000_000
MAX_DEPTH = 50
_MAX_DIGITS = 100
_MAX_EXPONENT = 400

JSON, FORM, MULTIPART, CSV = (
    "application/json",
    "application/x-www-form-urlencoded",
    "multipart/form-data",
    "text/csv",
)


@dataclass(frozen=True)
class Upload:
    """A file that came in a part of a multipart body."""

    name: str
    content_type: str
    content: bytes


@dataclass(frozen=True)
class Read:
    """A body's values by name; `is_text` where each is text that still has to be understood."""

    values: dict[str, Any]
    is_text: bool = False


async def bytes_of(headers: Headers, receive: Receive, most: int) -> bytes:
    """The whole body. Raises Refusal as soon as it is known to be too long."""
    told = headers.get("content-length", "0")
    if not (told.isascii() and told.isdecimal()):
        raise bad_request("The header Content-Length is not a number.")
    if int(told[:20]) > most:
        raise too_large(most)
    parts, length = [], 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise bad_request("The body broke off.")
        parts.append(message.get("body", b""))
        length += len(parts[-1])
        if length > most:
            raise too_large(most)
        if not message.get("more_body", False):
            return b"".join(parts)


def too_large(most: int) -> Refusal:
    """The body is longer than is read here."""
    return Refusal(Kind.TOO_LARGE, f"The body is longer than {most} bytes.", headers={"Connection": "close"})


async def values_in(content: bytes, headers: Headers, accepted: Iterable[str]) -> Read:
    """The body's values; no body is no values. Raises Refusal."""
    if not content:
        return Read({})
    media_type, _, parameters = headers.get("content-type", JSON).partition(";")
    media_type = media_type.strip().lower()
    if media_type.startswith("application/") and media_type.endswith("+json"):
        media_type = JSON
    charset = _charset_in(parameters)
    if media_type not in accepted or charset not in ("utf-8", "utf8", "us-ascii"):
        raise Refusal(
            Kind.UNSUPPORTED_MEDIA_TYPE, f"Send the body as {' or '.join(accepted)}, in UTF-8, not otherwise."
        )
    if media_type == JSON:
        return Read(json_object(content))
    if media_type == FORM:
        return Read(parameters_in(content.strip()), is_text=True)
    if media_type == MULTIPART:
        return Read(await _multipart(content, headers), is_text=True)
    return Read({"csv": text_of(content)}, is_text=True)


def json_object(content: bytes) -> dict[str, Any]:
    """The JSON object of a body; numbers with a point are Decimal. Raises Refusal."""
    text = text_of(content)
    try:
        value = json.loads(
            text,
            object_pairs_hook=_object,
            parse_constant=_no_number,
            parse_int=_whole,
            parse_float=_decimal,
        )
    except RecursionError:
        raise bad_request("The body is nested too deeply.") from None
    except ValueError:
        raise bad_request("The body is not JSON.") from None
    if not isinstance(value, dict):
        raise bad_request("The body is not a JSON object.")
    _check_depth(value)
    return value


def text_of(content: bytes) -> str:
    """The text of a body. Raises Refusal where it is no UTF-8 or holds NUL."""
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        raise bad_request("The body is not UTF-8.") from None
    if "\x00" in text:
        raise bad_request("The body must not hold NUL.")
    return text


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        raise bad_request("An object in the body has the same name twice.")
    return made


def _no_number(text: str) -> None:
    raise bad_request(f"{text} is not JSON.")


def _whole(text: str) -> int:
    if len(text) > _MAX_DIGITS:
        raise bad_request("A number in the body is too long.")
    return int(text)


def _decimal(text: str) -> Decimal:
    value = Decimal(text) if len(text) <= _MAX_DIGITS else None
    if value is None or not -_MAX_EXPONENT < value.adjusted() < _MAX_EXPONENT:
        raise bad_request("A number in the body is too long.")
    return value


def _check_depth(root: Any) -> None:
    level = [root]
    for _ in range(MAX_DEPTH):
        level = [inner for value in level for inner in _parts_of(value)]
        if not level:
            return
    raise bad_request("The body is nested too deeply.")


def check_text(value: Any) -> None:
    """Raise Refusal where text anywhere in a value is what no database keeps: NUL, or half a character."""
    if isinstance(value, str):
        if "\x00" in value or not _is_unicode(value):
            raise bad_request("Text in the body must not hold NUL or lone surrogates.")
    else:
        for inner in _parts_of(value):
            check_text(inner)


def _parts_of(value: Any) -> list[Any]:
    """What a JSON value is made of: an object's names are among it."""
    if isinstance(value, dict):
        return [*value.keys(), *value.values()]
    return value if isinstance(value, list) else []


def _is_unicode(text: str) -> bool:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _charset_in(parameters: str) -> str:
    for parameter in parameters.split(";"):
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "charset":
            return value.strip().strip('"').lower()
    return "utf-8"


async def _multipart(content: bytes, headers: Headers) -> dict[str, Any]:
    async def stream() -> Any:
        yield content

    try:
        form = await MultiPartParser(headers, stream(), max_files=10, max_fields=200).parse()
    except (MultiPartException, KeyError, UnicodeDecodeError):
        raise bad_request("The body is not multipart/form-data.") from None
    found: dict[str, Any] = {}
    for name, part in form.multi_items():
        if name in found or "\x00" in name:
            raise bad_request("A part of the body stands twice.")
        if isinstance(part, UploadFile):
            found[name] = Upload(part.filename or "", part.content_type or "", await part.read())
        elif "\x00" in part:
            raise bad_request("The body must not hold NUL.")
        else:
            found[name] = part
    await form.close()
    return found
