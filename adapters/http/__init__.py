"""HTTP out: calls to addresses that somebody gave, and to nothing inside the network."""
