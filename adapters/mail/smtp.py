"""Mail by SMTP."""

from __future__ import annotations

from email.message import EmailMessage
from email.utils import formatdate
from urllib.parse import unquote, urlsplit

import aiosmtplib

from adapters.mail.render import render
from core.messaging.mail import Letter, MailNotSent, MailRefused

_TIMEOUT_SECONDS = 20


class SmtpMailer:
    """Sends each letter over a connection of its own.

    The URL is `smtp://USER:PASSWORD@HOST:PORT` (STARTTLS where the server offers it) or `smtps://…`.
    """

    def __init__(self, url: str, sender: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("smtp", "smtps") or parts.hostname is None:
            raise ValueError("DAYBOOK_SMTP_URL must look like smtp://USER:PASSWORD@HOST:PORT")
        self._sender = sender
        self._host = parts.hostname
        self._tls = parts.scheme == "smtps"
        self._port = parts.port or (465 if self._tls else 587)
        self._user = unquote(parts.username) if parts.username else None
        self._password = unquote(parts.password) if parts.password else None

    async def send(self, letter: Letter) -> None:
        """Send the letter. Raises MailNotSent where the server does not take it, MailRefused where it never will."""
        rendered = render(letter)
        message = EmailMessage()
        message["From"] = self._sender
        message["To"] = rendered.to
        message["Subject"] = rendered.subject
        message["Message-ID"] = f"<{rendered.message_id}>"
        message["Date"] = formatdate(localtime=False)
        message.set_content(rendered.text)
        if rendered.html is not None:
            message.add_alternative(rendered.html, subtype="html")
        try:
            await aiosmtplib.send(
                message,
                hostname=self._host,
                port=self._port,
                username=self._user,
                password=self._password,
                use_tls=self._tls,
                timeout=_TIMEOUT_SECONDS,
            )
        except (aiosmtplib.SMTPException, OSError) as error:
            if (code := _refused_for_good(error)) is not None:
                raise MailRefused(code) from error
            raise MailNotSent(type(error).__name__) from error


def _refused_for_good(error: Exception) -> int | None:
    """The reply (RFC 5321, 4.2.1) that says no for ever to the recipient or the letter; signing in is neither."""
    if isinstance(error, aiosmtplib.SMTPRecipientsRefused):
        codes = [one.code for one in error.recipients]
    elif isinstance(error, (aiosmtplib.SMTPRecipientRefused, aiosmtplib.SMTPDataError)):
        codes = [error.code]
    else:
        return None
    return codes[0] if codes and all(500 <= code < 600 for code in codes) else None
