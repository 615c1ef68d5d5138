"""How fast availability is: `python -m benchmarks.availability`."""
