"""The domain: decisions about time, people and money, in the standard library alone."""
