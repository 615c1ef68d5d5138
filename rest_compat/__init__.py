"""Five documented REST APIs on one core: a small engine, and a folder of tables for each dialect."""
