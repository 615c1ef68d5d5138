"""Roles, which viewers, providers and API keys share."""

from __future__ import annotations

from enum import Enum

import strawberry

from graphql_api.declare.types import enum_type


@enum_type
class Role(Enum):
    """What somebody is in a business, and so what they may do."""

    OWNER = strawberry.enum_value("owner", description="May do everything.")
    MANAGER = strawberry.enum_value(
        "manager", description="May do all but change the business and its API keys."
    )
    PROVIDER = strawberry.enum_value(
        "provider", description="Works with clients and sees their health notes."
    )
    STAFF = strawberry.enum_value("staff", description="Works at the front desk, without health notes.")
    DISPLAY = strawberry.enum_value(
        "display", description="A wall display: sees appointments and events only."
    )
