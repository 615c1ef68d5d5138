"""A house whose queue holds no other module's jobs."""

from tests.adapters.conftest import own_house

__all__ = ["own_house"]
