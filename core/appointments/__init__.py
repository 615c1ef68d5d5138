"""The life of an appointment, and the one write path for taken time."""
