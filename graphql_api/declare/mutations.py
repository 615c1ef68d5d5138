"""A mutation, declared in one place: its use case, input, payload, and who may call it.

    book_appointment = mutation(
        book, "Sell the time.", takes=BookAppointmentInput, gives=BookAppointmentPayload, allow=may(…)
    )

The result is a union of the payload and one type for every error that the use case declares.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import reduce
from operator import or_
from typing import Annotated, Any, get_type_hints

import strawberry

from auth.allow import PUBLIC, Allow
from core.kernel.errors import DomainError, Forbidden, Invalid, Unauthenticated
from core.kernel.use_case import declared
from graphql_api.declare.arguments import Argument, with_arguments
from graphql_api.declare.errors import error_types, on_the_wire, shown_error
from graphql_api.declare.fields import answered_by
from graphql_api.declare.inputs import command_from, renamed
from graphql_api.visit import Visit

COST_OF_A_MUTATION = 10

UseCase = Callable[..., Awaitable[Any]]
Call = Callable[[Visit, Any], Awaitable[Any]]

RESULTS: dict[str, tuple[type, str]] = {}
"""Union → what its use case returns, and the payload that shows it."""


def mutation(
    use_case: UseCase,
    description: str,
    *,
    takes: type,
    gives: type,
    allow: Allow,
    call: Call | None = None,
    also: tuple[type[DomainError], ...] = (),
) -> Any:
    """A root field that runs a use case and answers its result, or its refusal, as a value.

    `call` runs it where more than the Context and the command is needed; `also` names what that
    raises besides. The payload is read after the use case has committed.
    """
    members = tuple(error_types(_raised(use_case, allow, also)).values())
    run = call or (lambda visit, command: use_case(visit.ctx, command))
    command_type = get_type_hints(use_case)["command"]
    names = renamed(takes)

    async def resolve(info: Any, **given: Any) -> Any:
        visit: Visit = info.context
        try:
            visit.require(allow)
            return await run(visit, command_from(given["input"], command_type))
        except DomainError as error:
            refusal = on_the_wire(error, names)
            shown = shown_error(refusal, members)
            if shown is None:
                raise refusal from None
            return shown

    union = f"{gives.__name__.removesuffix('Payload')}Result"
    RESULTS[union] = (get_type_hints(call or use_case)["return"], gives.__name__)
    result = Annotated[  # type: ignore[valid-type]  # a type made at start
        reduce(or_, (gives, *members)),
        strawberry.union(union, description="The payload where it was done, else why it was not."),
    ]
    return answered_by(
        with_arguments(resolve, (Argument("input", takes, "What to do.", optional=False),)),
        description,
        allow=allow,
        gives=result,
        cost=COST_OF_A_MUTATION,
        guards_itself=True,
    )


def _raised(use_case: UseCase, allow: Allow, also: tuple[type[DomainError], ...]) -> list[type[DomainError]]:
    """What the use case declares, what the door raises, and Invalid, which any input may be."""
    door = () if allow == PUBLIC else (Unauthenticated, Forbidden)
    return list(dict.fromkeys((*declared(use_case).raises, *also, *door, Invalid)))
