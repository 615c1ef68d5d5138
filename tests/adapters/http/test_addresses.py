"""W1: what a URL may not lead to, by its spelling, by its name, and by its address."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from adapters.http.addresses import read_allowed
from adapters.http.names import Resolve
from adapters.http.safe import SafeHttp
from adapters.http.urls import read_url
from core.kernel.outbound import OutboundRequest, Refused, Unreachable
from tests.adapters.http.vectors import BAD_SPELLINGS, INWARD_ADDRESSES, INWARD_NAMES, WELCOME


@pytest.fixture(autouse=True)
def connections(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Every attempt to connect is noted and fails; none is made in any of these tests."""
    made: list[str] = []

    async def connect(_: object, host: str, *__: object) -> None:
        made.append(host)
        raise OSError("no connection here")

    monkeypatch.setattr("httpcore2.AnyIOBackend.connect_tcp", connect)
    yield made
    assert made == []


async def test_a_connection_would_be_noticed(connections: list[str]) -> None:
    """The negative control: to a public address one is attempted."""
    with pytest.raises(Unreachable):
        await SafeHttp().send(OutboundRequest(url="https://8.8.8.8/"))
    assert connections == ["8.8.8.8"]
    connections.clear()


def reason_of(url: str, http: SafeHttp | None = None) -> str | None:
    """The rule that refuses a URL, or None."""
    try:
        (http or SafeHttp()).check(url)
    except Refused as refusal:
        return refusal.reason
    return None


def test_there_are_enough_of_them() -> None:
    """The figure to reach is 140."""
    assert len(BAD_SPELLINGS) + len(INWARD_NAMES) + len(INWARD_ADDRESSES) >= 140


@pytest.mark.parametrize(("url", "reason"), BAD_SPELLINGS.items())
async def test_what_is_spelled_badly_is_refused(url: str, reason: str) -> None:
    """At the check and at sending alike, before any name is looked up."""
    assert reason_of(url) == reason
    with pytest.raises(Refused) as refusal:
        await SafeHttp(resolve=never).send(OutboundRequest(url=url))
    assert refusal.value.reason == reason


@pytest.mark.parametrize("url", INWARD_NAMES)
async def test_names_of_the_inside_are_refused(url: str) -> None:
    """Without asking what they lead to."""
    assert reason_of(url) == "INWARD_NAME"
    with pytest.raises(Refused):
        await SafeHttp(resolve=never).send(OutboundRequest(url=url))


@pytest.mark.parametrize("address", INWARD_ADDRESSES)
async def test_addresses_of_the_inside_are_refused(address: str) -> None:
    """As a number in the URL, and as what a name leads to, alone or among public ones."""
    assert reason_of(f"https://{address}/") == "INWARD_ADDRESS"
    plain = address.strip("[]")
    for answer in ([plain], ["8.8.8.8", plain], [plain, "2606:4700::1111"]):
        http = SafeHttp(resolve=answering(answer))
        with pytest.raises(Refused) as refusal:
            await http.send(OutboundRequest(url="https://hooks.example/"))
        assert refusal.value.reason == "INWARD_ADDRESS"


@pytest.mark.parametrize("answer", ["fe80::1%eth0", "2606:4700::1%1", "not an address", "127.1"])
async def test_an_answer_that_is_no_plain_address_is_refused(answer: str) -> None:
    """Zone ids and nonsense from the resolver."""
    with pytest.raises(Refused):
        await SafeHttp(resolve=answering([answer])).send(OutboundRequest(url="https://hooks.example/"))


@pytest.mark.parametrize("url", WELCOME)
def test_public_addresses_pass(url: str) -> None:
    """The negative control: the rules are not simply "no"."""
    assert reason_of(url) is None


@pytest.mark.parametrize("port", [22, 25, 79, 81, 442, 444, 3306, 5432, 6379, 8080, 9200, 11211, 65535])
def test_only_the_webs_own_ports_are_called(port: int) -> None:
    """Unless a setting names others."""
    assert reason_of(f"https://hooks.example:{port}/") == "PORT"
    assert reason_of(f"https://8.8.8.8:{port}/") == "PORT"
    assert reason_of(f"https://hooks.example:{port}/", SafeHttp(ports=[port])) is None


def test_what_is_let_in_is_let_in_and_nothing_beside_it() -> None:
    """A network with any port; a place with its own port only."""
    http = SafeHttp(allowed=read_allowed(["127.0.0.1/32", "fd00::/8", "receiver:9000", "[::1]:70"]))
    assert reason_of("http://127.0.0.1:9999/", http) is None
    assert reason_of("http://127.0.0.2:9999/", http) == "PORT"
    assert reason_of("http://127.0.0.2/", http) == "INWARD_ADDRESS"
    assert reason_of("http://[fd00::7]:9/", http) is None
    assert reason_of("http://receiver:9000/", http) is None
    assert reason_of("http://receiver:80/", http) == "INWARD_NAME"
    assert reason_of("http://[::1]:70/", http) is None
    assert reason_of("http://[::1]:71/", http) == "PORT"


@pytest.mark.parametrize(
    "entry", ["127.0.0.1", "localhost", "localhost:", ":80", "a:99999", "127.0.0.1/40", "10.0.0.1/8"]
)
def test_a_setting_that_means_nothing_is_refused(entry: str) -> None:
    """Neither a CIDR nor HOST:PORT."""
    with pytest.raises(ValueError, match=r".+"):
        read_allowed([entry])


def test_https_can_be_insisted_on() -> None:
    """But for what a setting lets in."""
    http = SafeHttp(allowed=read_allowed(["127.0.0.0/8"]))
    with pytest.raises(Refused) as refusal:
        http.check("http://hooks.example/", secure=True)
    assert refusal.value.reason == "NOT_HTTPS"
    http.check("https://hooks.example/", secure=True)
    http.check("http://127.0.0.1:8000/", secure=True)


def test_a_name_in_other_letters_is_called_by_its_ascii_form() -> None:
    """IDNA 2008; upper case is lowered, the path stays as it is."""
    target = read_url("HTTPS://B\u00fccher.Example:444/Pfad?x=1".replace("B", "b"))
    assert (target.scheme, target.host, target.port, target.path) == (
        "https", "xn--bcher-kva.example", 444, "/Pfad?x=1",
    )  # fmt: skip
    assert target.authority == "xn--bcher-kva.example:444"
    assert read_url("https://[2606:4700::1111]").authority == "[2606:4700::1111]"


async def never(host: str, port: int) -> list[str]:
    """A resolver that must not be asked."""
    raise AssertionError(f"asked for {host}:{port}")


def answering(addresses: list[str]) -> Resolve:
    """A resolver that always answers the same."""

    async def resolve(host: str, port: int) -> list[str]:
        return addresses

    return resolve
