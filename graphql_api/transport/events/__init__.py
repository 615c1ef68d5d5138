"""Event streams (`text/event-stream`): GraphQL over SSE, and plain `GET /events` for EventSource.

stream.py     one open stream: its credential, its heartbeat, its end
streams.py    all streams that are open
operation.py  one GraphQL operation over a stream of its own (graphql-sse, distinct connections)
log.py        the log as it grows, for EventSource
telling.py    an event as JSON
"""
