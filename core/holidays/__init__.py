"""Days on which nobody works: the business's own, and public ones."""
