"""Settings, read once from the environment; nothing else in the program looks there."""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit, urlunsplit

from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

_PREFIX = "DAYBOOK_"
_SECRETS = frozenset({"secret_key", "twilio_auth_token"})
_URLS = frozenset({"database_url", "redis_url", "smtp_url"})


class SettingsError(RuntimeError):
    """The settings do not add up; the message says which, and what to do."""


class Settings(BaseSettings):
    """Each setting is `DAYBOOK_` and its name in capitals."""

    model_config = SettingsConfigDict(env_prefix=_PREFIX, extra="ignore")

    database_url: str = Field(
        "sqlite+aiosqlite:///data/daybook.db",
        description="Where data is kept: sqlite+aiosqlite:///FILE or postgresql+asyncpg://…",
    )
    redis_url: str | None = Field(
        None, description="Redis, where several processes share bells and limits; none: in-process"
    )
    smtp_url: str | None = Field(
        None, description="smtp://USER:PASSWORD@HOST:PORT; none: mail is kept (see /dev/mail in demo mode)"
    )
    mail_from: str = Field("Daybook <no-reply@localhost>", description="The sender of all mail")
    twilio_account_sid: str | None = Field(
        None, description="The Twilio account that SMS go through (AC…); none: SMS are kept beside kept mail"
    )
    twilio_auth_token: str | None = Field(
        None, description="Its auth token, which also signs what Twilio tells us of deliveries"
    )
    sms_from: str | None = Field(
        None, description="The sender of SMS: a number in E.164, or a Twilio messaging service (MG…)"
    )
    twilio_base_url: str = Field(
        "https://api.twilio.com", description="Where Twilio's API is; another address for its twin in tests"
    )
    public_url: str = Field(
        "http://127.0.0.1:8000", description="The address that clients reach this program at"
    )
    secret_key: str | None = Field(
        None, description="At least 32 characters; signs tokens and seals health notes; needed outside demo"
    )
    demo: bool = Field(False, description="Demo data, open introspection, mail shown at /dev/mail")
    rate_limits: Literal["on", "off"] = Field(
        "on", description="off lifts every throttle, that of signing in included: for load tests"
    )
    root_dialect: str = Field("servalodesk", description="The REST dialect at the root, such as /v1/…")
    dialect_hosts: str = Field(
        "", description="Dialects at the root of other hosts: api.salon.example=bookings,…"
    )
    outbound_allow: str = Field(
        "",
        description="What may be called inside the network, for development and tests: CIDR,HOST:PORT,…",
    )
    outbound_ports: str = Field(
        "80,443", description="The ports at which addresses that somebody gave are called"
    )
    cors_origins: str = Field("", description="Origins whose pages may call: https://a.example,…")
    introspection: bool | None = Field(
        None, description="Whether GraphQL tells its schema and shows GraphiQL; none: in demo only"
    )
    host: str = Field("127.0.0.1", description="The address to listen at")
    port: int = Field(8000, ge=0, le=65_535, description="The port to listen at; PORT is read too")
    pool_size: int = Field(10, ge=1, le=200, description="PostgreSQL connections per kind and process")
    event_retention_days: int = Field(
        90, ge=0, le=36_500, description="How many days events are kept for replay; 0 keeps all"
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field("INFO", description="What is logged")
    log_format: Literal["json", "text"] = Field("text", description="How it is logged, one line each")

    @field_validator("public_url")
    @classmethod
    def _without_slash(cls, value: str) -> str:
        if urlsplit(value).scheme not in ("http", "https"):
            raise ValueError("must begin with http:// or https://")
        return value.rstrip("/")

    @property
    def uses_sqlite(self) -> bool:
        """Whether the database is a SQLite file."""
        return self.database_url.startswith("sqlite")

    @property
    def tells_schema(self) -> bool:
        """Whether GraphQL answers introspection."""
        return self.demo if self.introspection is None else self.introspection

    def dialect_host_table(self) -> dict[str, str]:
        """Host → dialect. Raises SettingsError where the setting is malformed."""
        pairs = [pair.strip() for pair in self.dialect_hosts.split(",") if pair.strip()]
        table = {}
        for pair in pairs:
            host, equals, dialect = pair.partition("=")
            if not (host and equals and dialect):
                raise SettingsError(f"DAYBOOK_DIALECT_HOSTS: {pair!r} is not HOST=DIALECT")
            if host in table:
                raise SettingsError(f"DAYBOOK_DIALECT_HOSTS: {host} is named twice")
            table[host] = dialect
        return table

    def outbound_port_list(self) -> list[int]:
        """The ports that may be called. Raises SettingsError where one is none."""
        ports = [port.strip() for port in self.outbound_ports.split(",") if port.strip()]
        if not all(port.isascii() and port.isdigit() and 0 < int(port) < 65_536 for port in ports):
            raise SettingsError("DAYBOOK_OUTBOUND_PORTS: must be port numbers, such as 80,443")
        return [int(port) for port in ports]

    def outbound_allow_list(self) -> list[str]:
        """What may be called inside the network, each a CIDR or HOST:PORT."""
        return [entry.strip() for entry in self.outbound_allow.split(",") if entry.strip()]

    def cors_origin_list(self) -> list[str]:
        """The origins whose pages may call."""
        return [origin.strip() for origin in self.cors_origins.split(",") if origin.strip()]


def read_settings(**overrides: Any) -> Settings:
    """The settings of this process. Raises SettingsError naming every setting that is wrong."""
    if "PORT" in os.environ and f"{_PREFIX}PORT" not in os.environ:
        overrides.setdefault("port", os.environ["PORT"])
    try:
        settings = Settings(**overrides)
    except ValidationError as error:
        wrong = "; ".join(
            f"{_PREFIX}{'.'.join(map(str, issue['loc'])).upper()}: {issue['msg']}" for issue in error.errors()
        )
        raise SettingsError(wrong) from None
    if f"{_PREFIX}PUBLIC_URL" not in os.environ and "public_url" not in overrides:
        settings.public_url = f"http://127.0.0.1:{settings.port}"
    return settings


def secret_of(settings: Settings) -> str:
    """The secret that keys derive from; in demo mode one is made and kept beside the data.

    Raises SettingsError outside demo mode where none is set, and for one that is too short.
    """
    if settings.secret_key is not None:
        if len(settings.secret_key) < 32:
            raise SettingsError("DAYBOOK_SECRET_KEY must have at least 32 characters")
        return settings.secret_key
    if not settings.demo:
        raise SettingsError(
            "DAYBOOK_SECRET_KEY is not set: set it to at least 32 random characters, for example "
            'from `python3 -c "import secrets; print(secrets.token_urlsafe(48))"`, and keep it safe'
        )
    file = _demo_secret_file(settings)
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w") as opened:
            opened.write(secrets.token_urlsafe(48))
    return file.read_text()


def _demo_secret_file(settings: Settings) -> Path:
    if settings.uses_sqlite:
        database = Path(settings.database_url.partition("///")[2])
        return database.with_name(f"{database.name}.secret")
    return Path("data/demo.secret")


def listed(settings: Settings) -> list[tuple[str, str, str, str]]:
    """Every setting as (variable, value with secrets masked, where it comes from, what it is for)."""
    rows = []
    for name, field in Settings.model_fields.items():
        variable = _PREFIX + name.upper()
        value = getattr(settings, name)
        if name in _SECRETS and value is not None:
            shown = "••••••••"
        elif name in _URLS and value is not None:
            shown = _without_password(value)
        else:
            shown = "" if value is None else str(value)
        rows.append((variable, shown, _source(name, variable), field.description or ""))
    return rows


def _source(name: str, variable: str) -> str:
    if variable in os.environ:
        return "environment"
    if name == "public_url":
        return "DAYBOOK_PORT"
    if name == "port" and "PORT" in os.environ:
        return "environment (PORT)"
    return "default"


def _without_password(url: str) -> str:
    parts = urlsplit(url)
    if parts.password is None:
        return url
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=f"{parts.username or ''}:••••••••@{host}"))
