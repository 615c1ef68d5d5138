"""What Daybook costs, measured: each room is a command, `python -m benchmarks.<room>`."""
