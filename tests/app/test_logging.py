"""Log lines: one each, whatever somebody sends, and tracebacks that quote nobody."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from app.logging import set_up_logging, without_words
from app.requests import _shown
from tests.kit.houses import settings_for


@pytest.fixture
def as_before(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Whatever a test sets up is put back; what a uvicorn of this process set up for itself is away meanwhile."""
    for name in ("uvicorn", "uvicorn.error"):
        monkeypatch.setattr(logging.getLogger(name), "handlers", [])
        monkeypatch.setattr(logging.getLogger(name), "propagate", True)
    root = logging.getLogger()
    handlers, level, configured = root.handlers, root.level, structlog.get_config()
    yield
    root.handlers, root.level = handlers, level
    structlog.configure(**configured)


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("/v1/clients", "/v1/clients"),
        ("/a\n2027-03-01T09:00:00Z [info] request", "/a?2027-03-01T09:00:00Z?[info]?request"),
        ("/a\r\x00\x1b[2J\x7f", "/a???[2J?"),
        ("/\u202ea\u00e4\u2028", "/?a??"),
        ("/calendar/feed_abcdefgh12.ics", "/calendar/feed_....ics"),
        ("/v1/sdk_live_" + "a" * 52 + "/x", "/v1/sdk_live_.../x"),
        ("/v1/clients/rt_" + "a" * 52, "/v1/clients/rt_..."),
        ("/a/eyJhbGciOiJIUzI1NiJ9.e30.x-y_z/b", "/a/.../b"),
        ("/v1/clients/ada@quinn.example/notes", "/v1/clients/.../notes"),
        ("/v1/clients/ada%40quinn.example", "/v1/clients/..."),
        ("/v1/clients/cli_abcdefgh12", "/v1/clients/cli_abcdefgh12"),
        ("/" + "a" * 500, "/" + "a" * 199),
    ],
)
def test_a_path_stays_on_its_line(path: str, shown: str) -> None:
    """What it was decoded to is printable, and no line of its own."""
    assert _shown({"path": path}) == shown


def failed() -> BaseException:
    """An error with another behind it, and one in a group, all of which quote somebody."""
    try:
        try:
            raise KeyError("ada@canary.example")
        except KeyError as error:
            raise ExceptionGroup("canary", [ValueError("canary")]) from error
    except ExceptionGroup as error:
        return error


def test_a_traceback_quotes_nobody() -> None:
    """Types, files and lines are there, and no message; an entry without an error stays as it is."""
    error = failed()
    for given in (error, (type(error), error, error.__traceback__)):
        told = without_words(None, "error", {"event": "failed", "exc_info": given})
        assert "exc_info" not in told
        lines = told["exception"].splitlines()
        names = [line for line in lines if not line.startswith(" ")]
        assert names == ["builtins.KeyError", "builtins.ValueError", "builtins.ExceptionGroup"]
        assert "test_logging.py" in lines[0]
        assert "ada@" not in "".join(line for line in lines if "raise" not in line)
    assert without_words(None, "info", {"event": "well"}) == {"event": "well"}


@pytest.mark.parametrize(("level", "expected"), [("INFO", False), ("DEBUG", True)])
def test_what_is_logged_by_anybody_goes_the_same_way(
    as_before: None, capsys: pytest.CaptureFixture[str], level: str, expected: bool
) -> None:
    """A library's error, too; at DEBUG the message is told (negative control)."""
    set_up_logging(settings_for("sqlite+aiosqlite:///x.db", log_format="json", log_level=level))
    secret = "".join(("can", "ary"))
    try:
        raise RuntimeError(secret)
    except RuntimeError:
        logging.getLogger("uvicorn.error").exception("it failed")
    line = next(one for one in capsys.readouterr().out.splitlines() if "it failed" in one)
    assert "RuntimeError" in json.loads(line)["exception"]
    assert (secret in line) is expected
