"""Words to clients: the templates that are shipped, one file per language, and the sandbox that fills them."""
