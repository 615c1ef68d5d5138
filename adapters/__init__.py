"""The outside world, one folder each; every outside service has a fake twin beside it."""
