"""GraphQL over WebSocket, in the protocol graphql-transport-ws: the handler is our own, on plain ASGI.

messages.py    what clients may say, and what we answer
connection.py  one connection: its credential, its operations, its end
frames.py      whole frames, for a server that writes them as they are
sockets.py     the handshake, and all connections that are open
"""
