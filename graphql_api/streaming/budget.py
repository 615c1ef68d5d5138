"""What open streams may cost together: each is made anew whenever something happens, for as long as it is open."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterator
from contextlib import ExitStack, contextmanager

from graphql_api.execution.refusals import LIMIT_EXCEEDED, refuse
from graphql_api.settings import SocketLimits


class Budget:
    """Points spent on channels, by credential and by business: the price of the operation, once for each channel."""

    def __init__(self, limits: SocketLimits) -> None:
        self._limits = limits
        self._purses: dict[Hashable, _Purse] = {}

    def __len__(self) -> int:
        return len(self._purses)

    @contextmanager
    def spending(self, channel: Hashable, price: int, *, name: str, business_id: int) -> Iterator[None]:
        """A reader more of a channel, for the length of a block. Raises Refused where it costs too much.

        Who listens to what the credential or the business pays for already pays nothing.
        """
        of_both = (
            (("credential", name), self._limits.points_per_credential),
            (("business", business_id), self._limits.points_per_business),
        )
        with ExitStack() as stack:
            for whose, most in of_both:
                stack.enter_context(self._spending(whose, most, channel, price))
            yield

    @contextmanager
    def _spending(
        self, whose: tuple[str, Hashable], most: int, channel: Hashable, price: int
    ) -> Iterator[None]:
        purse = self._purses.setdefault(whose, _Purse())
        if channel not in purse.readers and purse.spent + price > most:
            self._forget_empty(whose)
            words = f"The different streams of one {whose[0]} cost at most {most} together; this one costs {price}."
            raise refuse(LIMIT_EXCEEDED, words, status=429)
        if channel not in purse.readers:
            purse.spent += price
        purse.readers[channel] += 1
        try:
            yield
        finally:
            purse.readers[channel] -= 1
            if not purse.readers[channel]:
                del purse.readers[channel]
                purse.spent -= price
            self._forget_empty(whose)

    def _forget_empty(self, whose: Hashable) -> None:
        if not self._purses[whose].readers:
            del self._purses[whose]


class _Purse:
    """How many readers each channel has, and what the channels cost together."""

    def __init__(self) -> None:
        self.readers = Counter[Hashable]()
        self.spent = 0
