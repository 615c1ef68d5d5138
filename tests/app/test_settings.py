"""Settings: read once, masked when shown, refused with a reason."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.house import House
from app.settings import SettingsError, listed, read_settings, secret_of
from tests.kit.processes import free_port
from tests.kit.serving import daybook


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No setting of whoever runs the tests, and an empty folder to stand in."""
    import os

    for name in [name for name in os.environ if name.startswith("DAYBOOK_") or name == "PORT"]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


def test_port_is_read_from_either_variable_and_the_longer_name_wins(monkeypatch: pytest.MonkeyPatch) -> None:
    """PORT is heeded, DAYBOOK_PORT more so, and the public address follows."""
    assert read_settings().port == 8000
    monkeypatch.setenv("PORT", "8123")
    assert (read_settings().port, read_settings().public_url) == (8123, "http://127.0.0.1:8123")
    monkeypatch.setenv("DAYBOOK_PORT", "9001")
    assert read_settings().port == 9001


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "99999"),
        ("PORT", "x"),
        ("RATE_LIMITS", "maybe"),
        ("LOG_LEVEL", "LOUD"),
        ("PUBLIC_URL", "ftp://x"),
    ],
)
def test_a_wrong_value_is_named(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    """The refusal names the variable."""
    monkeypatch.setenv(f"DAYBOOK_{name}", value)
    with pytest.raises(SettingsError, match=f"DAYBOOK_{name}"):
        read_settings()


def test_outside_demo_mode_a_secret_is_needed() -> None:
    """No secret, a short one: refused; a long one is used as it is."""
    with pytest.raises(SettingsError, match="DAYBOOK_SECRET_KEY is not set"):
        secret_of(read_settings(demo=False))
    with pytest.raises(SettingsError, match="at least 32"):
        secret_of(read_settings(secret_key="short"))
    assert secret_of(read_settings(secret_key="x" * 32)) == "x" * 32


def test_demo_mode_makes_a_secret_once_that_only_its_owner_can_read(tmp_path: Path) -> None:
    """The secret is kept beside the data, so that tokens and sealed notes survive a restart."""
    settings = read_settings(demo=True, database_url=f"sqlite+aiosqlite:///{tmp_path}/d/daybook.db")
    first = secret_of(settings)
    assert secret_of(settings) == first
    file = tmp_path / "d" / "daybook.db.secret"
    assert (file.stat().st_mode & 0o777, file.read_text()) == (0o600, first)


def test_secrets_are_masked_and_sources_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither the secret nor a URL's password is shown; each setting says where it comes from."""
    monkeypatch.setenv("DAYBOOK_SECRET_KEY", "CANARY-" * 8)
    monkeypatch.setenv("DAYBOOK_DATABASE_URL", "postgresql+asyncpg://me:CANARY@db/daybook")
    monkeypatch.setenv("PORT", "8001")
    rows = {variable: (value, source) for variable, value, source, _ in listed(read_settings())}
    assert rows["DAYBOOK_SECRET_KEY"] == ("••••••••", "environment")
    assert rows["DAYBOOK_DATABASE_URL"][0] == "postgresql+asyncpg://me:••••••••@db/daybook"
    assert rows["DAYBOOK_PORT"] == ("8001", "environment (PORT)")
    assert rows["DAYBOOK_PUBLIC_URL"] == ("http://127.0.0.1:8001", "DAYBOOK_PORT")
    assert rows["DAYBOOK_HOST"] == ("127.0.0.1", "default")
    assert "CANARY" not in repr(rows)


@pytest.mark.parametrize("hosts", ["a.example", "=bookings", "a.example=", "a.example=x,a.example=y"])
def test_malformed_dialect_hosts_are_refused(hosts: str) -> None:
    """Each pair is HOST=DIALECT, each host named once."""
    with pytest.raises(SettingsError, match="DAYBOOK_DIALECT_HOSTS"):
        read_settings(dialect_hosts=hosts).dialect_host_table()


def test_serving_without_a_secret_ends_with_one_line(tmp_path: Path) -> None:
    """`daybook serve` outside demo mode says what to set, without a traceback, and makes no database."""
    ended = daybook("serve", folder=tmp_path, PORT=str(free_port()))
    assert ended.returncode == 2
    assert ended.stderr.startswith("daybook: DAYBOOK_SECRET_KEY is not set")
    assert "Traceback" not in ended.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "wrong",
    [{"outbound_allow": "127.0.0.1"}, {"outbound_allow": "10.0.0.1/8"}, {"outbound_ports": "80,https"}],
)
def test_malformed_ways_out_are_refused(wrong: dict[str, str]) -> None:
    """A setting that opens the inside must say exactly what it opens."""
    with pytest.raises(SettingsError, match="DAYBOOK_OUTBOUND_"):
        House(read_settings(demo=True, **wrong))
