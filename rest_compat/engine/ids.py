"""Codecs of ids: a key behind a prefix, or the key as the number that it is.

Whatever spells no key is read as NO_KEY, so that it goes the way of an id that nothing has and is
answered alike, to the byte.
"""

from __future__ import annotations

import re
from typing import Any

from core.kernel.ids import MAX_KEY, read, spell
from rest_compat.engine.codec import Codec, from_text
from rest_compat.engine.scalars import NO_NUL, integral

NO_KEY = 0
"""The key that no row has."""

_DIGITS = re.compile(r"[0-9]{1,16}", re.ASCII)


def prefixed_id(prefix: str) -> Codec:
    """A key as a prefix and twelve characters; whatever spells no key is read as NO_KEY."""
    return from_text(
        lambda text: read(prefix, text) or NO_KEY,
        write=lambda key: spell(prefix, key),
        schema={"type": "string", "pattern": f"^{prefix}_[a-z0-9]{{6,}}$"},
        accepts={"type": "string", "pattern": NO_NUL},
    )


def _read_key(value: Any) -> int:
    key = integral(value)
    return key if 0 < key <= MAX_KEY else NO_KEY


NUMBER_ID = Codec(
    read=_read_key,
    read_text=lambda text: _read_key(int(text)) if _DIGITS.fullmatch(text) else NO_KEY,
    write=int,
    schema={"type": "integer", "minimum": 1},
    accepts={"type": "integer"},
)
"""A key as the number that it is; whatever is no key is read as NO_KEY."""
