"""Errors: families, facts, and sentences that tell a stranger nothing."""

from __future__ import annotations

import pytest

from core.kernel.context import ANONYMOUS, Actor, Context
from core.kernel.errors import (
    Conflict,
    DomainError,
    Forbidden,
    IdempotencyMismatch,
    Invalid,
    NotFound,
    PaymentRequired,
    RateLimited,
    Unauthenticated,
    invalid,
)
from core.kernel.use_case import declared, use_case


@pytest.mark.parametrize(
    ("error", "code", "message"),
    [
        (NotFound("booking_request"), "NOT_FOUND", "No such booking request."),
        (Conflict(), "CONFLICT", "The request was refused."),
        (
            invalid("starts_at", "IN_THE_PAST", "must be in the future"),
            "VALIDATION_FAILED",
            "starts_at: must be in the future",
        ),
        (Forbidden("client.write"), "PERMISSION_DENIED", "You may not do this."),
        (
            Unauthenticated(),
            "UNAUTHENTICATED",
            "Sign in first: the credential is missing, wrong, expired or revoked.",
        ),
        (PaymentRequired(), "PAYMENT_REQUIRED", "The request was refused."),
        (RateLimited(30), "RATE_LIMITED", "Too many requests: try again in 30 seconds."),
        (IdempotencyMismatch([]), "IDEMPOTENCY_MISMATCH", ""),
    ],
)
def test_every_family_has_a_code_for_programs_and_a_sentence_for_people(
    error: DomainError, code: str, message: str
) -> None:
    """The code is stable, and the sentence is what the exception says."""
    assert (error.code, error.message, str(error)) == (code, message, message)


def test_families_nest_as_the_tree_says() -> None:
    """Unauthenticated is Forbidden, a mismatched key is Invalid, and all are refusals."""
    assert issubclass(Unauthenticated, Forbidden)
    assert issubclass(IdempotencyMismatch, Invalid)
    for family in (NotFound, Conflict, Invalid, Forbidden, PaymentRequired, RateLimited):
        assert family.__base__ is DomainError


def test_a_caller_without_a_business_is_asked_to_sign_in() -> None:
    """The Context of a stranger has no business to act in."""
    unused = object()
    made = {"clock": unused, "read": unused, "asker": unused, "open_unit_of_work": unused}
    with pytest.raises(Unauthenticated):
        _ = Context(actor=ANONYMOUS, **made).business_id  # type: ignore[arg-type]
    inside = Context(actor=Actor(name="user:1", business_id=5), **made)  # type: ignore[arg-type]
    assert inside.business_id == 5


async def test_a_use_case_says_its_verb_and_what_it_refuses() -> None:
    """The declaration is beside the function, which stays an ordinary function."""

    @use_case("test.stir", raises=(NotFound, Conflict))
    async def stir(spoons: int) -> int:
        return spoons + 1

    assert declared(stir).verb == "test.stir"
    assert declared(stir).raises == (NotFound, Conflict)
    assert await stir(1) == 2


def test_what_was_not_declared_is_no_use_case() -> None:
    """Asking any other function is a mistake of the program."""
    with pytest.raises(TypeError, match="is not a use case"):
        declared(invalid)
