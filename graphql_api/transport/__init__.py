"""How GraphQL is spoken over HTTP, and the page on which people try it."""
