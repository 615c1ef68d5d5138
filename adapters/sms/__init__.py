"""SMS: handed to Twilio, or kept for development to look at; beside it Twilio's twin for tests."""
