"""Mail by SMTP, against a real server on loopback."""

from __future__ import annotations

import asyncio
import email
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP, AuthResult, Envelope
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from adapters.mail.smtp import SmtpMailer
from adapters.sql.migrate import migrate
from app.worker import work_off
from core.kernel.clock import FixedClock
from core.messaging.mail import Letter, MailNotSent, MailRefused
from tests.kit.houses import NOW, house_on, new_studio
from tests.kit.loopback import loopback_server

SENDER = "Daybook <no-reply@daybook.test>"
HEADERS = set("From To Subject Message-ID Date Content-Type Content-Transfer-Encoding MIME-Version".split())


class Office:
    """A post office: keeps what it takes, and refuses in the ways it is told to."""

    def __init__(self) -> None:
        self.taken: list[Envelope] = []
        self.refuse_recipient: str | None = None
        self.refuse_data: str | None = None
        self.port = 0

    async def handle_RCPT(  # noqa: N802
        self, _server: Any, _session: Any, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        """Take or refuse a recipient."""
        if self.refuse_recipient:
            return self.refuse_recipient
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Envelope) -> str:  # noqa: N802
        """Take or refuse a message."""
        if self.refuse_data:
            return self.refuse_data
        self.taken.append(envelope)
        return "250 OK"

    @property
    def url(self) -> str:
        """Where it is open."""
        return f"smtp://127.0.0.1:{self.port}"

    def message(self) -> EmailMessage:
        """The only message that was taken."""
        (envelope,) = self.taken
        assert isinstance(envelope.content, bytes)
        return email.message_from_bytes(envelope.content, policy=default)


@asynccontextmanager
async def office_open(**options: Any) -> AsyncIterator[Office]:
    """An office that is open on a port of its own for the length of a block."""
    office, loop = Office(), asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: SMTP(office, hostname="mail.test", loop=loop, **options), "127.0.0.1", 0
    )
    async with server:
        office.port = server.sockets[0].getsockname()[1]
        yield office


def letter(to: str = "ana@example.com", business: str = "Inkwell") -> Letter:
    """A letter of welcome."""
    facts = {"business": business, "owner": "Zoë"}
    return Letter(message_id="7.1.mail_welcome@daybook.test", to=to, template="welcome", facts=facts)


async def test_a_letter_arrives_as_it_was_written() -> None:
    """From, to, subject, id, date and text, beyond ASCII too."""
    async with office_open() as office:
        await SmtpMailer(office.url, SENDER).send(letter(business="Café 🎨"))
        message, envelope = office.message(), office.taken[0]
    assert (envelope.mail_from, envelope.rcpt_tos) == ("no-reply@daybook.test", ["ana@example.com"])
    assert (message["From"], message["To"]) == (SENDER, "ana@example.com")
    assert message["Subject"] == "Café 🎨 is on Daybook"
    assert message["Message-ID"] == "<7.1.mail_welcome@daybook.test>"
    assert message["Date"].datetime.year >= 2026
    text = message.get_content()
    assert text.startswith("Hello Zoë,")
    assert "Café 🎨 is ready to take bookings" in text


async def test_every_try_of_a_letter_carries_the_same_id() -> None:
    """So that whoever receives it twice can tell."""
    async with office_open() as office:
        mailer = SmtpMailer(office.url, SENDER)
        await mailer.send(letter())
        await mailer.send(letter())
        contents = [envelope.original_content or b"" for envelope in office.taken]
    ids = [line for content in contents for line in content.splitlines() if line.startswith(b"Message-ID")]
    assert ids == [b"Message-ID: <7.1.mail_welcome@daybook.test>"] * 2


@pytest.mark.parametrize(
    "address",
    [
        "o'brien@example.com",
        "first.last+tag@sub.example.com",
        "!#$%&'*+/=?^_`{|}~-@example.com",
        "_@1.example",
        f"{'l' * 64}@example.com",
        f"a@{'d' * 63}.{'e' * 63}.{'f' * 63}.com",
    ],
)
async def test_every_address_that_is_let_in_can_be_written_to(address: str) -> None:
    """Odd ones and long ones reach the server as they are."""
    async with office_open() as office:
        await SmtpMailer(office.url, SENDER).send(letter(to=address))
        assert office.taken[0].rcpt_tos == [address]


async def test_facts_cannot_add_headers_or_recipients() -> None:
    """A name that tries to ends the subject at its first line, and what follows is text."""
    async with office_open() as office:
        await SmtpMailer(office.url, SENDER).send(letter(business="A\r\nBcc: all@example.com\r\n\r\nHi"))
        message, envelope = office.message(), office.taken[0]
    assert envelope.rcpt_tos == ["ana@example.com"]
    assert message["Bcc"] is None
    assert (message["Subject"], set(message.keys())) == ("A", HEADERS)


@pytest.mark.parametrize(
    ("refusal", "code"),
    [
        ({"refuse_recipient": "550 5.1.1 No such user"}, 550),
        ({"refuse_recipient": "450 4.2.1 Mailbox busy"}, None),
        ({"refuse_data": "452 4.3.1 Disk full"}, None),
        ({"refuse_data": "554 5.7.1 Looks like spam"}, 554),
        ({"refuse_data": "421 4.3.2 Going down"}, None),
    ],
)
async def test_a_refusal_is_mail_not_sent(refusal: dict[str, str], code: int | None) -> None:
    """Of the recipient or of the message: for now, so that it is tried again, or for good, with SMTP's code."""
    async with office_open() as office:
        vars(office).update(refusal)
        with pytest.raises(MailNotSent) as refused:
            await SmtpMailer(office.url, SENDER).send(letter())
        assert office.taken == []
    assert getattr(refused.value, "code", None) == code
    assert isinstance(refused.value, MailRefused) == (code is not None)
    assert "ana" not in str(refused.value)


async def test_a_closed_office_is_mail_not_sent() -> None:
    """Nobody listens, or whoever does hangs up at once."""
    async with office_open() as office:
        url = office.url
    with pytest.raises(MailNotSent):
        await SmtpMailer(url, SENDER).send(letter())

    async def hang_up(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    async with loopback_server(hang_up) as port:
        with pytest.raises(MailNotSent):
            await SmtpMailer(f"smtp://127.0.0.1:{port}", SENDER).send(letter())


@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")
async def test_user_and_password_of_the_url_are_given() -> None:
    """Percent-signs and all; a wrong password is mail not sent."""

    def authenticate(_s: Any, _session: Any, _e: Any, _mechanism: str, said: Any) -> AuthResult:
        return AuthResult(success=(said.login, said.password) == (b"kai@test", b"p/w:d"), handled=False)

    options = {"authenticator": authenticate, "auth_require_tls": False, "auth_required": True}
    async with office_open(**options) as office:
        await SmtpMailer(f"smtp://kai%40test:p%2Fw%3Ad@127.0.0.1:{office.port}", SENDER).send(letter())
        assert len(office.taken) == 1
        for url in (f"smtp://kai%40test:wrong@127.0.0.1:{office.port}", office.url):
            with pytest.raises(MailNotSent):
                await SmtpMailer(url, SENDER).send(letter())
        assert len(office.taken) == 1


async def test_a_server_that_cannot_prove_its_name_is_told_nothing(tmp_path: Path) -> None:
    """It offers STARTTLS with a certificate nobody signed: the letter stays here."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(self_signed(tmp_path / "office.pem"))
    async with office_open(tls_context=context) as office:
        with pytest.raises(MailNotSent):
            await SmtpMailer(office.url, SENDER).send(letter())
        assert office.taken == []


def self_signed(file: Path) -> Path:
    """A key and a certificate for 127.0.0.1 that no authority has signed, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    file.write_bytes(private + certificate.public_bytes(pem))
    return file


@pytest.mark.parametrize("url", ["", "127.0.0.1:25", "http://127.0.0.1", "smtp://", "smtp:127.0.0.1"])
def test_what_is_no_smtp_url_is_refused_when_the_program_starts(url: str) -> None:
    """The message says what it must look like."""
    with pytest.raises(ValueError, match="DAYBOOK_SMTP_URL must look like smtp://USER:PASSWORD@HOST:PORT"):
        SmtpMailer(url, SENDER)


async def test_a_house_with_an_smtp_server_writes_through_it(tmp_path: Path, fresh_number: int) -> None:
    """Signing up while the server refuses keeps the job; once it takes mail again, the welcome goes out once."""
    clock = FixedClock(NOW)
    async with office_open() as office:
        url = f"sqlite+aiosqlite:///{tmp_path}/daybook.db"
        house = house_on(url, clock=clock, smtp_url=office.url, mail_from=SENDER)
        await migrate(house.database)
        studio, block = await new_studio(house, fresh_number)
        office.refuse_data = "451 4.7.1 Greylisted"
        assert await work_off(house) == 1
        assert (office.taken, await work_off(house)) == ([], 0)
        office.refuse_data = None
        clock.advance(timedelta(seconds=6))
        assert await work_off(house) == 1
        clock.advance(timedelta(days=1))
        assert await work_off(house) == 0
        assert office.taken[0].rcpt_tos == [studio.email]
        assert office.message()["Message-ID"] == f"<{studio.business_id}.1.mail_welcome@daybook.test>"
        await block.__aexit__(None, None, None)
        await house.close()
