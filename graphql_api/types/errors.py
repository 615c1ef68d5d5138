"""The refusals. A new domain error becomes a member of unions by being declared here."""

from __future__ import annotations

from datetime import datetime

import strawberry

from auth.allow import INHERITED
from auth.identity import AlreadyInBusiness, InvalidCredentials
from core.appointments.appointment import AlreadyOver, HoldExpired, OutsidePolicy, SlotTaken, TooManyAhead
from core.appointments.life import IllegalTransition
from core.directory.business import SlugTaken
from core.directory.client import EmailTaken
from core.directory.erase_client import ClientStillExpected
from core.directory.provider import ProviderStillNeeded
from core.kernel.errors import Forbidden, IdempotencyMismatch, Invalid, NotFound, RateLimited, Unauthenticated
from core.webhooks.endpoint import EndpointInactive, TooManyEndpoints
from graphql_api.declare.errors import Error, about, error_type
from graphql_api.declare.fields import fact
from graphql_api.declare.types import object_type
from graphql_api.types.appointments import AppointmentStatus


@object_type(allow=INHERITED)
class Issue:
    """One broken rule."""

    path: str = fact("Where, from the input down, such as `weeklyHours.monday`.")
    code: str = fact("Which rule, for programs, such as OUT_OF_RANGE.")
    message: str = fact("In words, to be read after the field's name.")


@error_type(Invalid, name="ValidationFailed")
class ValidationFailedError(Error):
    """One or more values break a rule; all issues that were found are listed."""

    issues: list[Issue] = fact("What is wrong.")


@error_type(IdempotencyMismatch)
class IdempotencyMismatchError(Error):
    """The idempotency key was used before, with other input."""


@error_type(NotFound)
class NotFoundError(Error):
    """Something that the input names is not there, or belongs to another business."""

    noun: str = fact("What was not found, such as `provider`.")


@error_type(Forbidden, name="PermissionDenied")
class PermissionDeniedError(Error):
    """The caller is known and may not do this."""

    permission: str = fact("What the caller would need, such as `clients:write`; empty where it is a person.")


@error_type(Unauthenticated)
class UnauthenticatedError(Error):
    """The request needs a credential, or the one in the input is not valid."""


@error_type(InvalidCredentials)
class InvalidCredentialsError(Error):
    """The e-mail address or the password is wrong; which one is not said."""


@error_type(RateLimited)
class RateLimitedError(Error):
    """Too many requests."""

    retry_after_seconds: int = fact("When to come back.")


@error_type(EmailTaken)
class EmailTakenError(Error):
    """The e-mail address is in use already."""


@error_type(SlugTaken)
class SlugTakenError(Error):
    """The public address is in use already."""

    slug: str = fact("The address that was asked for.")


@error_type(SlotTaken)
class SlotTakenError(Error):
    """Another appointment or hold has the provider's time."""

    provider_id: strawberry.ID = about("provider", "Whose time was asked for.")
    starts_at: datetime = fact("The start that was asked for.")
    next_free: list[datetime] = fact(
        "Up to three starts that were free a moment ago, nearest to the one asked for: with the same provider "
        "or, where any or all of several were wanted, with any or all of them."
    )


@error_type(OutsidePolicy)
class OutsidePolicyError(Error):
    """A rule of the business refuses the time."""

    rule: str = fact(
        "Which rule: one of the rules among the codes of `explainAvailability`, such as HOURS; or RESCHEDULING, "
        "CANCELLATION (clients may not), RESCHEDULING_NOTICE, CANCELLATION_NOTICE (it is too late)."
    )
    starts_at: datetime = fact(
        "The start that it refuses, of a series the first of them; of what is to be moved or cancelled too late, "
        "its own."
    )
    earliest: datetime | None = fact(
        "The first start after it that could be booked instead, a moment ago, by whoever asked: with who was "
        "wanted, by the grid and up to the horizon. Null where there is none, or no other time would help."
    )
    latest: datetime | None = fact("The last time that is allowed, where the rule is HORIZON.")


@error_type(TooManyAhead)
class TooManyAheadError(Error):
    """The client has as many appointments ahead as the service allows."""

    limit: int = fact("How many it allows.")


@error_type(HoldExpired)
class HoldExpiredError(Error):
    """The hold has run out, was released, or holds other time than is being booked."""


@error_type(IllegalTransition)
class IllegalTransitionError(Error):
    """The appointment's state does not allow this."""

    verb: str = fact("What was asked, such as `cancel`.")
    status: AppointmentStatus = fact("The state that does not allow it.")


@error_type(AlreadyOver)
class AlreadyOverError(Error):
    """The appointment has ended: it can be completed or marked as no-show, not called off."""

    ended_at: datetime = fact("When it ended.")


@error_type(ClientStillExpected)
class ClientStillExpectedError(Error):
    """The client has appointments ahead, or waits for one."""


@error_type(ProviderStillNeeded)
class ProviderStillNeededError(Error):
    """The provider has appointments ahead, or is the last owner."""

    reason: str = fact("Which of the two: APPOINTMENTS_AHEAD or LAST_OWNER.")


@error_type(AlreadyInBusiness)
class AlreadyInBusinessError(Error):
    """The person belongs to a business already."""


@error_type(TooManyEndpoints)
class TooManyEndpointsError(Error):
    """The business has as many webhook endpoints as it may have."""

    most: int = fact("How many that is.")


@error_type(EndpointInactive)
class EndpointInactiveError(Error):
    """The webhook endpoint is not active: nothing would be sent."""
