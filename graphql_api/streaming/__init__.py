"""Subscriptions, however they are carried: each document is executed once for all who see the same.

topics.py    what a root field of Subscription answers: what is told, and when
audience.py  who sees the same
tail.py      the newest of a business's log, read once
channel.py   one document for one audience: executed once, told to all its members
hub.py       the channels of this process, and how a reader joins one without gap or repeat
reader.py    one member of a channel, and what takes their events
batch.py     neighbouring events that are told together
burst.py     writes to many connections, one right after another
outbox.py    what waits to be sent to one reader, bounded
budget.py    what the channels of a credential and of a business may cost together
holder.py    the credential behind a connection, asked about again and again
"""
