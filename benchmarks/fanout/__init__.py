"""Fan-out: one process, many subscribers, beside Strawberry's own execution for each of them.

server.py       one server, and the steady rate at which its events happen
made_up.py      ours over a log in memory
real.py         the whole program on SQLite
stock.py        Strawberry as its documentation shows it
growing_log.py  the log in memory
client.py       the subscribers: a process of its own, which counts frames and measures how old they are
__main__.py     runs the sides one after the other and prints ratios
"""
