"""A house of the module's own: tests of timers turn its clock."""

from tests.adapters.conftest import own_house

__all__ = ["own_house"]
