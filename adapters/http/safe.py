"""The safe way out; see core.kernel.outbound.

A name is looked up once; if any of its addresses is forbidden the request is refused, otherwise the
connection goes to exactly one of those addresses, under the name. No redirect is followed, no proxy is
used, nothing is decompressed, only so much is read, and one deadline stands over everything.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Iterable

import httpcore2

from adapters.http.addresses import Address, Allowed, address_of, is_public
from adapters.http.measured import Measure, Measured
from adapters.http.names import Names, Resolve
from adapters.http.urls import Target, is_inward, read_url
from core.kernel.outbound import (
    OutboundFailure,
    OutboundRequest,
    OutboundResponse,
    Refused,
    TimedOut,
    TooLarge,
    Unreachable,
)

_MOST_TRIED = 2
_AGENT = "Daybook"


class SafeHttp:
    """See core.kernel.outbound.Outbound. `resolve` and `trust` stand in for the machine's own in tests."""

    def __init__(
        self,
        *,
        allowed: Allowed | None = None,
        ports: Iterable[int] = (80, 443),
        resolve: Resolve | None = None,
        trust: ssl.SSLContext | None = None,
    ) -> None:
        self._allowed = allowed or Allowed()
        self._ports = frozenset(ports)
        self._names = Names()
        self._resolve = resolve or self._names.resolve
        self._trust = trust

    def check(self, url: str, *, secure: bool = False) -> None:
        """Look at the spelling of an address, and at the address itself where it is a number."""
        target = read_url(url)
        is_let_in = self._lets_in(target)
        if secure and target.scheme != "https" and not is_let_in:
            raise Refused("NOT_HTTPS")
        self._check(target, is_let_in)

    async def send(self, request: OutboundRequest) -> OutboundResponse:
        """Send a request and wait for its answer."""
        began = asyncio.get_running_loop().time()

        def so_far() -> float:
            return asyncio.get_running_loop().time() - began

        try:
            async with asyncio.timeout(request.total_seconds):
                status, headers, body = await self._exchange(request)
        except OutboundFailure as failure:
            failure.seconds = so_far()
            raise
        except (TimeoutError, httpcore2.TimeoutException):
            raise TimedOut(so_far()) from None
        except (httpcore2.NetworkError, httpcore2.ProtocolError, OSError, ValueError):
            raise Unreachable(so_far()) from None
        return OutboundResponse(status=status, headers=headers, body=body, seconds=so_far())

    def close(self) -> None:
        """Look nothing up any more."""
        self._names.close()

    def _lets_in(self, target: Target) -> bool:
        if self._allowed.names(target.host, target.port):
            return True
        return target.address is not None and self._allowed.holds(target.address)

    def _check(self, target: Target, is_let_in: bool) -> None:
        if is_let_in:
            return
        if target.port not in self._ports:
            raise Refused("PORT")
        if target.address is None and is_inward(target.host):
            raise Refused("INWARD_NAME")
        if target.address is not None and not is_public(target.address):
            raise Refused("INWARD_ADDRESS")

    async def _addresses(self, target: Target) -> list[str]:
        """The addresses to connect to, every one of them permitted. Raises Refused and Unreachable."""
        is_let_in = self._lets_in(target)
        self._check(target, is_let_in)
        if target.address is not None:
            return [str(target.address)]
        try:
            texts = await self._resolve(target.host, target.port)
        except OSError:
            raise Unreachable() from None
        found = [address_of(text) for text in texts]
        if not found:
            raise Unreachable()
        if not is_let_in and not all(self._may_call(address) for address in found):
            raise Refused("INWARD_ADDRESS")
        return [str(address) for address in found]

    def _may_call(self, address: Address | None) -> bool:
        return address is not None and (is_public(address) or self._allowed.holds(address))

    async def _exchange(self, request: OutboundRequest) -> tuple[int, dict[str, str], bytes]:
        target = read_url(request.url)
        async with asyncio.timeout(request.connect_seconds):
            addresses = await self._addresses(target)
        measure = Measure()
        connection = httpcore2.AsyncHTTPConnection(
            origin=httpcore2.Origin(target.scheme.encode(), target.host.encode(), target.port),
            ssl_context=self._context() if target.scheme == "https" else None,
            network_backend=_Pinned(addresses, measure),
        )
        wire = httpcore2.Request(
            request.method,
            httpcore2.URL(
                scheme=target.scheme.encode(),
                host=target.host.encode(),
                port=target.port,
                target=target.path.encode(),
            ),
            headers=_headers(request, target),
            content=request.body,
            extensions={"timeout": {"connect": request.connect_seconds}},
        )
        try:
            response = await connection.handle_async_request(wire)
            measure.allow_body(request.most_bytes)
            try:
                headers = {
                    name.decode("latin-1").lower(): value.decode("latin-1")
                    for name, value in response.headers
                }
                if (
                    headers.get("content-encoding", "identity").strip().lower() != "identity"
                    and not request.cut
                ):
                    raise TooLarge()
                return response.status, headers, await _body(response, request)
            finally:
                await response.aclose()
        finally:
            await connection.aclose()

    def _context(self) -> ssl.SSLContext:
        if self._trust is None:
            self._trust = httpcore2.default_ssl_context()
        return self._trust


def _headers(request: OutboundRequest, target: Target) -> list[tuple[bytes, bytes]]:
    """What the caller gave, and what is always so."""
    given = {name.lower(): value for name, value in request.headers.items()}
    given |= {"host": target.authority, "accept-encoding": "identity", "connection": "close"}
    given.setdefault("user-agent", _AGENT)
    given.setdefault("accept", "*/*")
    if request.body or request.method in ("POST", "PUT", "PATCH"):
        given["content-length"] = str(len(request.body))
    return [(name.encode("ascii"), value.encode("latin-1")) for name, value in given.items()]


async def _body(response: httpcore2.Response, request: OutboundRequest) -> bytes:
    """The answer's body, up to the request's measure. Raises TooLarge, unless it is to be cut there."""
    kept = bytearray()
    async for chunk in response.aiter_stream():
        kept += chunk[: request.most_bytes + 1 - len(kept)]
        if len(kept) > request.most_bytes:
            if not request.cut:
                raise TooLarge()
            return bytes(kept[: request.most_bytes])
    return bytes(kept)


class _Pinned(httpcore2.AnyIOBackend):
    """Connects to addresses that were looked at before, whatever the name leads to by now; see Measure."""

    def __init__(self, addresses: list[str], measure: Measure) -> None:
        self._addresses = addresses[:_MOST_TRIED]
        self._measure = measure

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109  # httpcore2 names it so
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        """A connection to the first of the addresses that takes it."""
        *others, last = self._addresses
        options = (local_address, socket_options)
        for address in others:
            try:
                made = await super().connect_tcp(address, port, timeout, *options)
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout):
                continue
            return Measured(made, self._measure)
        return Measured(await super().connect_tcp(last, port, timeout, *options), self._measure)

    async def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,  # noqa: ASYNC109  # httpcore2 names it so
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        """Never: a socket of this machine is inside."""
        raise Refused("INWARD_ADDRESS")
