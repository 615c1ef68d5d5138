"""GraphQL over SSE as somebody else wrote it: the reference client, the npm package graphql-sse."""

from __future__ import annotations

from pathlib import Path

from app.house import House
from graphql_api.declare.places import spell_place
from tests.graphql_api.npm import printed_by
from tests.graphql_api.serving import served
from tests.kit.houses import Studio

PACKAGES = ("graphql-sse@2.6.1", "graphql@16.15.0")

SCRIPT = """
import { createClient } from 'graphql-sse';
const [url, token, after] = process.argv.slice(2);
const make = (bearer) => createClient({
  url, singleConnection: false, retryAttempts: 0, headers: { Authorization: `Bearer ${bearer}` },
});
const client = make(token);
const all = async (query, variables) => {
  const results = [];
  for await (const result of client.iterate({ query, variables })) results.push(result);
  return results;
};
const events = [];
const query = 'subscription($after: Cursor) { bookingEvents(after: $after) { type } }';
for await (const { data } of client.iterate({ query, variables: { after } })) {
  events.push(data.bookingEvents.type);
  if (events.length === 3) break;
}
const role = await all('{ viewer { role } }');
const made = await all('mutation { createClient(input: {displayName: "Ada"}) { __typename } }');
const code = (results) => results.map(({ errors }) => errors[0].extensions.code);
const refused = code(await all('{ nothing }'));
const garbage = code(await all(query, { after: 'garbage' }));
const denied = await new Promise((resolve) => make('wrong').subscribe({ query }, {
  next() {}, complete() {}, error: (error) => resolve(error.response.status),
}));
client.dispose();
console.log(JSON.stringify({
  events, role: role.map(({ data }) => data), made: made.map(({ data }) => data), refused, garbage, denied,
}));
process.exit(0);
"""


async def test_the_reference_client_is_served(house: House, studio: Studio, tmp_path: Path) -> None:
    """In distinct connections mode: subscribes, resumes, asks, changes and is refused, each with its end."""
    for number in range(2):
        await studio.client(f"Client {number}")
    after = spell_place(studio.business_id, 1)
    assert after is not None
    words = (studio.token, after)
    async with served(house) as url:
        told = await printed_by(SCRIPT, url, *words, packages=PACKAGES, folder=tmp_path)
    assert told == {
        "events": ["PROVIDER_CREATED", "CLIENT_CREATED", "CLIENT_CREATED"],
        "role": [{"viewer": {"role": "OWNER"}}],
        "made": [{"createClient": {"__typename": "CreateClientPayload"}}],
        "refused": ["GRAPHQL_VALIDATION_FAILED"],
        "garbage": ["CURSOR_INVALID"],
        "denied": 401,
    }
    assert [row["display_name"] for row in await studio.table("clients")] == ["Client 0", "Client 1", "Ada"]
