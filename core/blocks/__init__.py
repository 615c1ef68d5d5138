"""Time in which nothing is booked, whatever the hours say."""
