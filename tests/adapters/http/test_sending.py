"""The safe way out against real servers: what is measured, cut, refused; and nothing reaches the inside."""

from __future__ import annotations

import asyncio
import dataclasses
import datetime
import gzip
import ssl
from collections.abc import AsyncIterator
from ipaddress import IPv4Address
from pathlib import Path

import pytest
import pytest_asyncio
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from adapters.http import measured
from adapters.http.addresses import read_allowed
from adapters.http.names import Names, Resolve
from adapters.http.safe import SafeHttp
from core.kernel.outbound import OutboundRequest, Refused, TimedOut, TooLarge, Unreachable
from tests.kit.receivers import Receivers, Way, drip, garbage, hang, huge, receivers, reset, status

LOOPBACK = read_allowed(["127.0.0.1/32"])


@pytest_asyncio.fixture
async def outside() -> AsyncIterator[Receivers]:
    """A server on loopback that a setting lets in, or does not."""
    async with receivers() as made:
        yield made


async def test_an_answer_comes_back_whole(outside: Receivers) -> None:
    """Status, headers and body; what was sent bears the name, and asks for nothing compressed."""
    receiver = outside.receiver(status(201, b'{"ok": true}', X_Answer="yes"))
    request = OutboundRequest(
        url=f"{receiver.url}", method="POST", headers={"X-Question": "?"}, body=b"hello"
    )
    response = await SafeHttp(allowed=LOOPBACK).send(request)
    assert (response.status, response.body, response.headers["x-answer"]) == (201, b'{"ok": true}', "yes")
    assert response.seconds > 0
    (sent,) = receiver.received
    assert (sent.method, sent.body) == ("POST", b"hello")
    assert sent.headers == {
        "x-question": "?",
        "host": f"127.0.0.1:{outside.port}",
        "accept-encoding": "identity",
        "connection": "close",
        "user-agent": "Daybook",
        "accept": "*/*",
        "content-length": "5",
    }


async def test_loopback_is_closed_unless_a_setting_opens_it(outside: Receivers) -> None:
    """As an address and behind a name: no connection is made; with the setting, it is (negative control)."""
    url = outside.receiver().url
    shut = SafeHttp(ports=[outside.port], resolve=answers("127.0.0.1"))
    for inward in (
        url,
        f"http://hooks.example:{outside.port}/0",
        f"http://[::ffff:127.0.0.1]:{outside.port}/0",
    ):
        with pytest.raises(Refused):
            await shut.send(OutboundRequest(url=inward))
    assert outside.connections == 0
    await SafeHttp(allowed=LOOPBACK).send(OutboundRequest(url=url))
    assert outside.connections == 1


async def test_a_name_that_changes_its_mind_is_asked_once(outside: Receivers) -> None:
    """DNS rebinding: public when asked first, loopback ever after; nothing reaches loopback."""
    asked: list[str] = []

    async def rebinding(host: str, port: int) -> list[str]:
        asked.append(host)
        return ["192.0.9.9"] if len(asked) == 1 else ["127.0.0.1"]

    http = SafeHttp(ports=[outside.port], resolve=rebinding)
    url = f"http://hooks.example:{outside.port}/0"
    with pytest.raises((Unreachable, TimedOut)):
        await http.send(OutboundRequest(url=url, connect_seconds=0.2, total_seconds=0.5))
    assert (asked, outside.connections) == (["hooks.example"], 0)
    with pytest.raises(Refused):
        await http.send(OutboundRequest(url=url))
    assert (len(asked), outside.connections) == (2, 0)


async def test_the_connection_goes_to_the_address_that_was_looked_at(outside: Receivers) -> None:
    """Under the name in the Host header, though the machine's resolver knows no such name."""
    receiver = outside.receiver()
    http = SafeHttp(allowed=LOOPBACK, ports=[outside.port], resolve=answers("127.0.0.1"))
    response = await http.send(OutboundRequest(url=f"http://hooks.example:{outside.port}/0"))
    assert response.status == 204
    assert receiver.received[0].headers["host"] == f"hooks.example:{outside.port}"


@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
async def test_a_redirect_is_an_answer(outside: Receivers, code: int) -> None:
    """It is handed back and not followed, wherever it leads."""
    secret = outside.receiver()
    receiver = outside.receiver(status(code, Location=secret.url))
    response = await SafeHttp(allowed=LOOPBACK).send(OutboundRequest(url=receiver.url))
    assert (response.status, response.headers["location"]) == (code, secret.url)
    assert (secret.received, outside.connections) == ([], 1)


async def test_proxies_of_the_environment_are_not_used(
    outside: Receivers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They would look the name up again, from the inside."""
    async with receivers() as proxy:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "HTTPS_PROXY"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        await SafeHttp(allowed=LOOPBACK).send(OutboundRequest(url=outside.receiver().url))
        assert (proxy.connections, outside.connections) == (0, 1)


async def test_a_long_answer_is_refused_or_cut(outside: Receivers) -> None:
    """100 MB: no more than was asked for is kept, and the connection is dropped at once."""
    http, receiver = SafeHttp(allowed=LOOPBACK), outside.receiver(huge())
    with pytest.raises(TooLarge):
        await http.send(OutboundRequest(url=receiver.url, most_bytes=1_000))
    cut = await http.send(OutboundRequest(url=receiver.url, most_bytes=1_000, cut=True))
    assert (cut.status, cut.body) == (200, b"x" * 1_000)


async def test_an_answer_of_just_the_right_length_is_whole(outside: Receivers) -> None:
    """The bound itself is within it; one more is not."""
    http, receiver = SafeHttp(allowed=LOOPBACK), outside.receiver(status(200, b"x" * 1_000))
    assert len((await http.send(OutboundRequest(url=receiver.url, most_bytes=1_000))).body) == 1_000
    with pytest.raises(TooLarge):
        await http.send(OutboundRequest(url=receiver.url, most_bytes=999))


def without_end(begin: bytes, part: bytes) -> Way:
    """Answer with a beginning, and then a part again and again."""

    async def way(writer: asyncio.StreamWriter) -> None:
        writer.write(begin)
        while True:
            writer.write(part)
            await writer.drain()

    return way


@pytest.mark.parametrize(
    ("begin", "part"),
    [
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 40),
        (b"", b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" * 40),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1;" + b"e" * 3_000 + b"\r\nx\r\n"),
    ],
    ids=["continue", "early hints", "chunks that are all extension"],
)
async def test_an_answer_that_never_comes_to_the_point_is_left(
    outside: Receivers, monkeypatch: pytest.MonkeyPatch, begin: bytes, part: bytes
) -> None:
    """Before the deadline, whether its body may be cut or not; unmeasured it is read until then (control)."""
    receiver = outside.receiver(without_end(begin, part))
    for cut in (True, False):
        endless = OutboundRequest(url=receiver.url, most_bytes=1_000, cut=cut, total_seconds=60)
        with pytest.raises(Unreachable):
            await SafeHttp(allowed=LOOPBACK).send(endless)
    monkeypatch.setattr(measured, "LONGEST_HEAD", 2**60)
    with pytest.raises(TimedOut):
        await SafeHttp(allowed=LOOPBACK).send(
            dataclasses.replace(endless, total_seconds=0.2, most_bytes=10**9)
        )


async def test_interim_answers_and_small_chunks_are_read(outside: Receivers) -> None:
    """A hundred interim answers, and a body of one byte in each chunk: both are HTTP."""

    async def way(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" * 100)
        writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n")
        writer.write(b"1\r\nx\r\n" * 50_000 + b"0\r\n\r\n")
        await writer.drain()

    receiver = outside.receiver(way)
    response = await SafeHttp(allowed=LOOPBACK).send(OutboundRequest(url=receiver.url))
    assert (response.status, response.body) == (200, b"x" * 50_000)


async def test_nothing_is_decompressed(outside: Receivers) -> None:
    """A bomb that nobody asked for is refused; where the body is cut anyway, it stays as it came."""
    bomb = gzip.compress(b"\0" * 1_000_000)
    receiver = outside.receiver(status(200, bomb, Content_Encoding="gzip"))
    with pytest.raises(TooLarge):
        await SafeHttp(allowed=LOOPBACK).send(OutboundRequest(url=receiver.url))
    cut = await SafeHttp(allowed=LOOPBACK).send(OutboundRequest(url=receiver.url, cut=True))
    assert cut.body == bomb


@pytest.mark.parametrize("way", [hang, drip])
async def test_one_deadline_stands_over_everything(outside: Receivers, way: Way) -> None:
    """Silence, and a byte now and then."""
    receiver = outside.receiver(way)
    with pytest.raises(TimedOut) as failure:
        await SafeHttp(allowed=LOOPBACK).send(OutboundRequest(url=receiver.url, total_seconds=0.3))
    assert 0.25 < failure.value.seconds < 5


async def test_a_name_server_that_never_answers_costs_the_connect_deadline(outside: Receivers) -> None:
    """And no more."""

    async def silent(host: str, port: int) -> list[str]:
        await asyncio.sleep(60)
        return []

    with pytest.raises(TimedOut) as failure:
        await SafeHttp(resolve=silent).send(OutboundRequest(url="https://hooks.example", connect_seconds=0.1))
    assert failure.value.seconds < 5


@pytest.mark.parametrize("way", [reset, garbage])
async def test_what_is_no_answer_is_unreachable(outside: Receivers, way: Way) -> None:
    """A connection broken off, and what is no HTTP."""
    receiver = outside.receiver(way)
    with pytest.raises(Unreachable):
        await SafeHttp(allowed=LOOPBACK).send(OutboundRequest(url=receiver.url))


async def test_nobody_there_is_unreachable(outside: Receivers) -> None:
    """A closed port, a name that is none, and a resolver without an answer."""
    async with receivers() as closed:
        port = closed.port
    with pytest.raises(Unreachable):
        await SafeHttp(allowed=LOOPBACK).send(OutboundRequest(url=f"http://127.0.0.1:{port}/"))

    async def unknown(host: str, port: int) -> list[str]:
        raise OSError("no such name")

    for resolve in (unknown, answers()):
        with pytest.raises(Unreachable):
            await SafeHttp(resolve=resolve).send(OutboundRequest(url="https://hooks.example"))


async def test_the_second_address_is_tried_where_the_first_is_dead(outside: Receivers) -> None:
    """Both were looked at before."""
    allowed = read_allowed(["127.0.0.0/8"])
    outside.receiver()
    http = SafeHttp(allowed=allowed, ports=[outside.port], resolve=answers("127.0.0.9", "127.0.0.1"))
    assert (await http.send(OutboundRequest(url=f"http://hooks.example:{outside.port}/0"))).status == 204


async def test_a_header_cannot_smuggle_another(outside: Receivers) -> None:
    """A line break in a value never reaches the wire."""
    receiver = outside.receiver()
    with pytest.raises(Unreachable):
        await SafeHttp(allowed=LOOPBACK).send(
            OutboundRequest(url=receiver.url, headers={"X-A": "1\r\nX-B: 2"})
        )
    assert receiver.received == []


async def test_the_machines_resolver_is_asked_once_for_many(monkeypatch: pytest.MonkeyPatch) -> None:
    """Those who want a name that is being looked up wait for the same answer."""
    calls: list[str] = []

    def look_up(host: str, port: int) -> list[str]:
        calls.append(host)
        return ["8.8.8.8"]

    monkeypatch.setattr("adapters.http.names._look_up", look_up)
    names = Names()
    answered = await asyncio.gather(*(names.resolve("hooks.example", 443) for _ in range(20)))
    names.close()
    assert (answered, calls) == ([["8.8.8.8"]] * 20, ["hooks.example"])


async def test_a_certificate_must_be_the_names_own(tmp_path: Path) -> None:
    """Trusted and for the name: it is called under that name. Unknown, or for another name: it is not."""
    trust, server_side = certificate_for("hooks.example", tmp_path)
    seen: list[str | None] = []
    server_side.sni_callback = lambda _s, name, _c: seen.append(name)
    async with receivers(server_side) as made:
        made.receiver()

        def http(trust: ssl.SSLContext | None) -> SafeHttp:
            return SafeHttp(allowed=LOOPBACK, ports=[made.port], resolve=answers("127.0.0.1"), trust=trust)

        url = f"https://hooks.example:{made.port}/0"
        assert (await http(trust).send(OutboundRequest(url=url))).status == 204
        assert seen == ["hooks.example"]
        with pytest.raises(Unreachable):
            await http(trust).send(OutboundRequest(url=f"https://other.example:{made.port}/0"))
        with pytest.raises(Unreachable):
            await http(None).send(OutboundRequest(url=url))


def certificate_for(name: str, folder: Path) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """A certificate of its own making: the client's side that trusts it, and the server's that shows it."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.DNSName(name), x509.IPAddress(IPv4Address("127.0.0.9"))]), False
        )
        .sign(key, hashes.SHA256())
    )
    file = folder / "certificate.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file.write_bytes(made.public_bytes(serialization.Encoding.PEM) + private)
    server_side = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    server_side.load_cert_chain(file)
    return ssl.create_default_context(cafile=str(file)), server_side


def answers(*addresses: str) -> Resolve:
    """A resolver that always answers the same."""

    async def resolve(host: str, port: int) -> list[str]:
        return list(addresses)

    return resolve
