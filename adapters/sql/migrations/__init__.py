"""Changes to the tables, one file of SQL per database and step; Alembic keeps their order."""
