"""ServaloDesk: the API of a tattoo-studio scheduler; one tenant is one studio."""
