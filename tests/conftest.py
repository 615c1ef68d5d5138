"""Fixtures that every test can ask for."""

pytest_plugins = ["tests.kit.servers_plugin", "tests.kit.houses"]
