"""What is sold: services and their policies."""
