"""Public holidays, from the package `holidays`."""
