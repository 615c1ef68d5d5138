"""A connection that is read only so far: answers of any length are not waited for, whatever they are made of."""

from __future__ import annotations

import ssl
from typing import Any

import httpcore2

from core.kernel.outbound import Unreachable

LONGEST_HEAD = 128 * 1024
"""Bytes until an answer begins: interim ones (1xx), which may come for ever, and one piece of its body."""

_FRAMED = 8
"""How many bytes a byte of a body may take on the wire, where it comes in the smallest of chunks."""


class Measure:
    """How many bytes may still be read. Reading more raises Unreachable: that is no HTTP to wait for."""

    def __init__(self) -> None:
        self.left = LONGEST_HEAD

    def allow_body(self, most_bytes: int) -> None:
        """The answer has begun; its body may have so many bytes."""
        self.left = LONGEST_HEAD + _FRAMED * most_bytes

    def take(self, count: int) -> None:
        """So many bytes were read."""
        self.left -= count
        if self.left < 0:
            raise Unreachable()


class Measured(httpcore2.AsyncNetworkStream):
    """A stream that counts what is read from it, with TLS or without."""

    def __init__(self, stream: httpcore2.AsyncNetworkStream, measure: Measure) -> None:
        self._stream = stream
        self._measure = measure

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109
        """What came, up to so many bytes. Raises Unreachable beyond the measure."""
        data = await self._stream.read(max_bytes, timeout)
        self._measure.take(len(data))
        return data

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ASYNC109
        """Send bytes."""
        await self._stream.write(buffer, timeout)

    async def aclose(self) -> None:
        """Hang up."""
        await self._stream.aclose()

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ASYNC109  # httpcore2 names it so
    ) -> httpcore2.AsyncNetworkStream:
        """The same under TLS, counted as well."""
        inner = await self._stream.start_tls(ssl_context, server_hostname, timeout)
        return Measured(inner, self._measure)

    def get_extra_info(self, info: str) -> Any:
        """What is known of the connection."""
        return self._stream.get_extra_info(info)
