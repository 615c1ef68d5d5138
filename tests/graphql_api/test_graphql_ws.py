"""The protocol as somebody else wrote it: the reference client, the npm package graphql-ws."""

from __future__ import annotations

from pathlib import Path

from app.house import House
from graphql_api.declare.places import spell_place
from tests.graphql_api.npm import printed_by
from tests.graphql_api.serving import served
from tests.kit.houses import Studio

PACKAGES = ("graphql-ws@6.4.2", "graphql@16.15.0", "ws@8.23.0")

SCRIPT = """
import { createClient } from 'graphql-ws';
import WebSocket from 'ws';
const [url, token, after] = process.argv.slice(2);
const closed = [];
const make = (connectionParams) => createClient({
  url, connectionParams, webSocketImpl: WebSocket, retryAttempts: 0, keepAlive: 50,
  on: { closed: (event) => closed.push(event.code) },
});
const client = make({ Authorization: `Bearer ${token}` });
const first = async (query, variables) => {
  for await (const result of client.iterate({ query, variables })) return result;
};
const events = [];
const query = 'subscription($after: Cursor) { bookingEvents(after: $after) { type } }';
for await (const { data } of client.iterate({ query, variables: { after } })) {
  events.push(data.bookingEvents.type);
  if (events.length === 3) break;
}
const role = await first('{ viewer { role } }');
const made = await first('mutation { createClient(input: {displayName: "Ada"}) { __typename } }');
const refused = await first('{ nothing }').catch((errors) => errors[0].extensions.code);
const garbage = await first(query, { after: 'garbage' }).catch((errors) => errors[0].extensions.code);
await client.dispose();
const wrong = make({ Authorization: 'Bearer wrong' });
const denied = await new Promise((resolve) =>
  wrong.subscribe({ query }, { next() {}, complete() {}, error: (event) => resolve(event.code) }));
console.log(JSON.stringify({ events, role: role.data, made: made.data, refused, garbage, denied, closed }));
process.exit(0);
"""


async def test_the_reference_client_is_served(house: House, studio: Studio, tmp_path: Path) -> None:
    """Subscribes, resumes, asks, changes, is refused, and goes away, all by the book."""
    for number in range(2):
        await studio.client(f"Client {number}")
    after = spell_place(studio.business_id, 1)
    assert after is not None
    words = (studio.token, after)
    async with served(house) as url:
        told = await printed_by(
            SCRIPT, url.replace("http", "ws", 1), *words, packages=PACKAGES, folder=tmp_path
        )
    assert told == {
        "events": ["PROVIDER_CREATED", "CLIENT_CREATED", "CLIENT_CREATED"],
        "role": {"viewer": {"role": "OWNER"}},
        "made": {"createClient": {"__typename": "CreateClientPayload"}},
        "refused": "GRAPHQL_VALIDATION_FAILED",
        "garbage": "CURSOR_INVALID",
        "denied": 4403,
        "closed": told["closed"],
    }
    assert set(told["closed"]) <= {1000, 4403}
