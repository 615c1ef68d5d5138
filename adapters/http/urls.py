"""URLs, read strictly: what two programs could understand differently is refused."""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import IPv6Address

import idna

from adapters.http.addresses import Address, address_of
from core.kernel.outbound import Refused

LONGEST = 2_048
_URL = re.compile(r"(https?)://([^/?#]+)((?:/[^?#]*)?(?:\?[^#]*)?)", re.IGNORECASE)
_AUTHORITY = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[^:\[\]]+)(?::([1-9][0-9]{0,4}))?")
_TARGET = re.compile(r"[\x21-\x7e]*")
_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
_PORTS = {"http": 80, "https": 443}
_OTHER_DOTS = "\u3002\uff0e\uff61"
_INWARD = frozenset(
    "localhost localdomain local internal intranet private lan home corp onion alt arpa invalid".split()
)
"""Last labels that no public name has (RFC 6761, 6762, 7686, 8375, 9476, and what networks use inside)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Where a URL leads: `host` in ASCII and lower case, `address` where it is one, `path` with its query."""

    scheme: str
    host: str
    port: int
    path: str
    address: Address | None

    @property
    def authority(self) -> str:
        """The value of the Host header."""
        host = f"[{self.host}]" if isinstance(self.address, IPv6Address) else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"


def read_url(url: str) -> Target:
    """Where a URL leads. Raises Refused with the rule that it breaks."""
    if len(url) > LONGEST:
        raise Refused("TOO_LONG")
    if any(letter <= " " or letter in "\\\x7f" for letter in url):
        raise Refused("BAD_CHARACTER")
    found = _URL.fullmatch(url)
    if found is None:
        raise Refused("BAD_URL")
    scheme, authority, path = found[1].lower(), found[2], found[3]
    if "@" in authority:
        raise Refused("CREDENTIALS")
    parts = _AUTHORITY.fullmatch(authority)
    if parts is None:
        raise Refused("BAD_HOST")
    port = int(parts[2]) if parts[2] else _PORTS[scheme]
    if port > 65_535:
        raise Refused("BAD_PORT")
    if not _TARGET.fullmatch(path):
        raise Refused("BAD_CHARACTER")
    host, address = _host(parts[1])
    if not path.startswith("/"):
        path = f"/{path}"
    return Target(scheme=scheme, host=host, port=port, path=path, address=address)


def _host(text: str) -> tuple[str, Address | None]:
    if text.startswith("["):
        address = address_of(text[1:-1])
        if not isinstance(address, IPv6Address):
            raise Refused("BAD_HOST")
        return str(address), address
    name = text.lower() if text.isascii() else _in_ascii(text)
    labels = name.split(".")
    if _NUMBER.fullmatch(labels[-1]) or (labels[-1] == "" and len(labels) > 1):
        # Some read 0x7f.1, 2130706433 and 127.1 as addresses: only the usual four numbers are one.
        address = address_of(name)
        if address is None:
            raise Refused("BAD_HOST")
        return str(address), address
    if len(name) > 253 or not all(_LABEL.fullmatch(label) for label in labels):
        raise Refused("BAD_HOST")
    if any(label.startswith("xn--") for label in labels):
        _check_unicode(name)
    return name, None


def _check_unicode(name: str) -> None:
    """Raise Refused for `xn--` labels that spell no name (IDNA 2008), or one that is spelled otherwise."""
    try:
        spelled = idna.encode(idna.decode(name, uts46=False, std3_rules=True), uts46=False, std3_rules=True)
    except (idna.IDNAError, UnicodeError):
        raise Refused("BAD_HOST") from None
    if spelled.decode().lower() != name:
        raise Refused("BAD_HOST")


def _in_ascii(text: str) -> str:
    """A name of other letters in its ASCII form (IDNA 2008); look-alikes of digits and dots are none."""
    if any(dot in text for dot in _OTHER_DOTS):
        raise Refused("BAD_HOST")
    try:
        return idna.encode(text, uts46=False, std3_rules=True).decode().lower()
    except (idna.IDNAError, UnicodeError):
        raise Refused("BAD_HOST") from None


def is_inward(host: str) -> bool:
    """Whether a name can only be one of the inside: a single label, or below one that is never public."""
    labels = host.split(".")
    return len(labels) == 1 or labels[-1] in _INWARD
