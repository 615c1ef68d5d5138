"""Logs: one line each to standard output; never a secret, never personal data."""

from __future__ import annotations

import logging
import sys
import traceback
from collections.abc import MutableMapping
from types import TracebackType
from typing import Any

import structlog

from app.settings import Settings


def set_up_logging(settings: Settings) -> None:
    """Send every log line of the program and its libraries to standard output in one form."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info if settings.log_level == "DEBUG" else without_words,
    ]
    last: structlog.typing.Processor = (
        structlog.processors.JSONRenderer()
        if settings.log_format == "json"
        else structlog.dev.ConsoleRenderer(colors=sys.stdout.isatty(), pad_event_to=28)
    )
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, last],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(settings.log_level)
    for noisy in ("uvicorn.access", "aiosqlite", "alembic", "strawberry.execution", "httpx"):
        logging.getLogger(noisy).setLevel(logging.WARNING)


def without_words(_: Any, __: str, entry: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """A traceback of types and places: messages quote values, such as the one that was there already.

    A processor of structlog. At log level DEBUG the messages are told, too.
    """
    given = entry.pop("exc_info", None)
    error = given[1] if isinstance(given, tuple) else given
    if error is True:
        error = sys.exc_info()[1]
    if isinstance(error, BaseException):
        entry["exception"] = "\n".join(_told(error, set()))
    return entry


def _told(error: BaseException, seen: set[int]) -> list[str]:
    """An error after those that led to it, like Python's own report of it."""
    seen.add(id(error))
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    lines = _told(cause, seen) if cause is not None and id(cause) not in seen else []
    if isinstance(error, BaseExceptionGroup):
        for one in error.exceptions:
            lines += _told(one, seen) if id(one) not in seen else []
    return [*lines, *_places(error.__traceback__), f"{type(error).__module__}.{type(error).__qualname__}"]


def _places(trace: TracebackType | None) -> list[str]:
    return [line.rstrip("\n") for line in traceback.format_tb(trace)]
