"""Routes and shapes as data, and the little machine that serves them."""
