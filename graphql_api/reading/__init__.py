"""From what an operation asks for to Selections, and to rows in as few statements as there are levels."""
