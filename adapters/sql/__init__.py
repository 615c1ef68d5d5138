"""PostgreSQL and SQLite behind one face: connections, tables, the unit of work, reading, jobs."""
