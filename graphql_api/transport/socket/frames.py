"""Whole text frames, handed to a server that takes them as they are.

A server that can do so puts a function under `scope["extensions"]["daybook.text_frame"]`, as
app.text_frames makes uvicorn do. It takes one whole frame, and returns whether it was written: not while
the client takes nothing, or the connection is closing, and then the plain ASGI `send` has to be asked,
which waits and raises as always. Where a server offers nothing, everything goes through `send`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

EXTENSION = "daybook.text_frame"

_FINAL_TEXT = 0x81
_TWO_BYTES, _EIGHT_BYTES = 126, 127

WriteFrame = Callable[[bytes], bool]


def frame_writer(scope: Mapping[str, Any]) -> Callable[[str], bool] | None:
    """What writes a text at once where that is possible, and says whether it did; None without such a server."""
    write: WriteFrame | None = (scope.get("extensions") or {}).get(EXTENSION)
    if write is None:
        return None
    return lambda text: write(text_frame(text))


def text_frame(text: str) -> bytes:
    """A text as one final frame, unmasked and not compressed: RFC 6455, section 5.2."""
    body = text.encode()
    size = len(body)
    if size < _TWO_BYTES:
        return bytes((_FINAL_TEXT, size)) + body
    if size < 1 << 16:
        return bytes((_FINAL_TEXT, _TWO_BYTES, size >> 8, size & 255)) + body
    return bytes((_FINAL_TEXT, _EIGHT_BYTES)) + size.to_bytes(8) + body
