"""The waitlist: who waits for a time, and what they are offered when one becomes free."""
