"""What is asked in advance, and how much."""
