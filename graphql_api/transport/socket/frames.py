"""Whole text frames, handed to a server that takes them as they are.

A server that can do so puts a FrameWriter under `scope["extensions"]["daybook.text_frames"]`, as
app.text_frames makes uvicorn do. It is not ready while the client takes nothing, or the connection is
closing, and then the plain ASGI `send` has to be asked, which waits and raises as always. Where a server
offers nothing, everything goes through `send`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from graphql_api.streaming.burst import FrameWriter

EXTENSION = "daybook.text_frames"

_FINAL_TEXT = 0x81
_TWO_BYTES, _EIGHT_BYTES = 126, 127


def frame_writer(scope: Mapping[str, Any]) -> FrameWriter | None:
    """What writes whole frames at once; None without such a server."""
    return (scope.get("extensions") or {}).get(EXTENSION)


def frame_parts(width: int, tail: bytes, bodies: Sequence[bytes]) -> list[bytes]:
    """What stands around a head of `width` bytes in frames of texts that each are head, body and tail.

    `head.join(parts)` is the frames: so whoever sends the same texts to many, with a head of their own, has
    one join to do for each. Final frames, unmasked and not compressed: RFC 6455, section 5.2.
    """
    parts = [b""]
    for body in bodies:
        parts[-1] += _header(width + len(body) + len(tail))
        parts.append(body + tail)
    return parts


def _header(size: int) -> bytes:
    if size < _TWO_BYTES:
        return bytes((_FINAL_TEXT, size))
    if size < 1 << 16:
        return bytes((_FINAL_TEXT, _TWO_BYTES, size >> 8, size & 255))
    return bytes((_FINAL_TEXT, _EIGHT_BYTES)) + size.to_bytes(8)
