"""What every room stands on: time, money, ids, errors, events, reading and the unit of work."""
