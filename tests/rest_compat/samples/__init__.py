"""Sample dialects: a few routes in each of the five styles, through the real engine over a backing in memory."""
