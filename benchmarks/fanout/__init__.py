"""Fan-out: one process, many subscribers, beside Strawberry's own execution for each of them.

server.py   each server, over events that are made up in memory
client.py   the subscribers: a process of its own, which counts frames and measures how old they are
__main__.py runs the sides one after the other and prints ratios
"""
