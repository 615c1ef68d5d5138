"""The answering side of the core's question protocols: one class per room, one statement per method."""

from __future__ import annotations

from typing import Any, TypeVar

from adapters.sql.questions.booking import (
    SqlBookingQuestions,
    SqlChoiceQuestions,
    SqlCompanyQuestions,
    SqlLedger,
)
from adapters.sql.questions.calendars import SqlFeedQuestions, SqlSourceQuestions
from adapters.sql.questions.catalog import SqlCatalogQuestions
from adapters.sql.questions.deposits import SqlDepositQuestions
from adapters.sql.questions.directory import SqlDirectoryQuestions, SqlSlugQuestions
from adapters.sql.questions.erasing import SqlErasingQuestions
from adapters.sql.questions.identity import SqlIdentityQuestions
from adapters.sql.questions.messaging import SqlMessagingQuestions
from adapters.sql.questions.moving import SqlMovingQuestions
from adapters.sql.questions.port import Executes
from adapters.sql.questions.resources import SqlResourceQuestions
from adapters.sql.questions.rulebook import SqlAvailabilityQuestions
from adapters.sql.questions.rules import SqlHolidayQuestions, SqlKnownQuestions, SqlOverrideQuestions
from adapters.sql.questions.stats import SqlStatsQuestions
from adapters.sql.questions.waitlist import SqlWaitlistQuestions
from adapters.sql.questions.watching import SqlWatchQuestions
from adapters.sql.questions.webhooks import SqlWebhookQuestions
from auth.questions import IdentityQuestions
from auth.watch_questions import WatchQuestions
from core.appointments.choose_provider import ChoiceQuestions
from core.appointments.ledger import Ledger
from core.appointments.reschedule import CompanyQuestions
from core.appointments.terms import BookingQuestions
from core.availability.moving import MovingQuestions
from core.availability.questions import AvailabilityQuestions
from core.calendars.feed import FeedQuestions
from core.calendars.source import SourceQuestions
from core.catalog.describe import CatalogQuestions
from core.deposits.deposit import DepositQuestions
from core.directory.erase_client import ErasingQuestions
from core.directory.known import KnownQuestions
from core.directory.questions import DirectoryQuestions
from core.directory.slugs import SlugQuestions
from core.holidays.public_holidays import HolidayQuestions
from core.insights.stats import StatsQuestions
from core.messaging.questions import MessagingQuestions
from core.resources.use import ResourceQuestions
from core.schedules.date_override import OverrideQuestions
from core.waitlist.questions import WaitlistQuestions
from core.webhooks.questions import WebhookQuestions

P = TypeVar("P")

_ANSWERS: dict[type[Any], Any] = {
    AvailabilityQuestions: SqlAvailabilityQuestions,
    BookingQuestions: SqlBookingQuestions,
    ChoiceQuestions: SqlChoiceQuestions,
    CompanyQuestions: SqlCompanyQuestions,
    CatalogQuestions: SqlCatalogQuestions,
    DepositQuestions: SqlDepositQuestions,
    DirectoryQuestions: SqlDirectoryQuestions,
    ErasingQuestions: SqlErasingQuestions,
    FeedQuestions: SqlFeedQuestions,
    HolidayQuestions: SqlHolidayQuestions,
    IdentityQuestions: SqlIdentityQuestions,
    KnownQuestions: SqlKnownQuestions,
    Ledger: SqlLedger,
    OverrideQuestions: SqlOverrideQuestions,
    ResourceQuestions: SqlResourceQuestions,
    MessagingQuestions: SqlMessagingQuestions,
    MovingQuestions: SqlMovingQuestions,
    SlugQuestions: SqlSlugQuestions,
    SourceQuestions: SqlSourceQuestions,
    StatsQuestions: SqlStatsQuestions,
    WaitlistQuestions: SqlWaitlistQuestions,
    WebhookQuestions: SqlWebhookQuestions,
    WatchQuestions: SqlWatchQuestions,
}


def questions_for(port: type[P], executes: Executes, business_id: int) -> P:
    """The answering side of a port, on a session or connection, within one business."""
    answer: P = _ANSWERS[port](executes, business_id)
    return answer
