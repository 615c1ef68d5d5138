"""What can be listened to: the root fields of Subscription."""

from __future__ import annotations

import strawberry

from graphql_api.types.appointment_stream import appointment_changed
from graphql_api.types.availability_stream import availability_changed
from graphql_api.types.board import dashboards
from graphql_api.types.event_stream import booking_events

_DESCRIPTION = (
    "What can be listened to: over event streams (a request with `Accept: text/event-stream`; graphql-sse, "
    "distinct connections), or over WebSocket at this address, in the protocol graphql-transport-ws; the payload "
    'of `connection_init` is `{"Authorization": "Bearer …"}`. A subscription that is refused, or cannot go on, '
    "ends with an `error` message whose `extensions.code` says why.\n\nClosing codes beside the protocol's own: "
    "1001 and 1012, the server stops or starts anew; 4290, the client took nothing for ten seconds: after these, "
    "connect again and subscribe with the last cursor. 4403, the credential is wrong, expired or revoked: get "
    "another one first."
)


@strawberry.type(description=_DESCRIPTION)
class Subscription:
    """The root of subscriptions."""

    booking_events = booking_events()
    appointment_changed = appointment_changed()
    availability_changed = availability_changed()
    dashboard = dashboards()
