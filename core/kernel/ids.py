"""How a database key is spelled for people and programs: a prefix and twelve base-32 characters.

The spelling is a fixed permutation of 60 bits, so that neighbouring keys do not look alike and a
key is found again without a table. It hides nothing: an id is never authority.
"""

from __future__ import annotations

MAX_KEY = 2**53 - 1  # JSON clients lose precision above this

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_VALUE = {letter: value for value, letter in enumerate(_ALPHABET)}
_LENGTH = 12
_HALF = 2**30 - 1
_ROUNDS = (0x2545F491, 0x1B873593, 0x27D4EB2F, 0x165667B1, 0x3C6EF372, 0x0F1BBCDC)


def spell(prefix: str, key: int) -> str:
    """The id of a key: `spell("cli", 7)` is `cli_` and twelve lower-case characters."""
    if not 0 < key <= MAX_KEY:
        raise ValueError(f"not a key: {key}")
    bits = _permute(key)
    letters = [_ALPHABET[(bits >> shift) & 31] for shift in range(55, -5, -5)]
    return f"{prefix}_{''.join(letters)}"


def read(prefix: str, spelling: str) -> int | None:
    """The key that an id spells, or None where the text is no id with that prefix."""
    head, separator, tail = spelling.rpartition("_")
    if not separator or head != prefix or len(tail) != _LENGTH:
        return None
    bits = 0
    for letter in tail:
        value = _VALUE.get(letter)
        if value is None:
            return None
        bits = bits << 5 | value
    key = _restore(bits)
    return key if 0 < key <= MAX_KEY else None


def _mix(half: int, constant: int) -> int:
    half = (half ^ (half >> 15)) * constant & _HALF
    half = (half ^ (half >> 12)) * 0x2C1B3C6D & _HALF
    return half ^ (half >> 16)


def _permute(bits: int) -> int:
    left, right = bits >> 30, bits & _HALF
    for constant in _ROUNDS:
        left, right = right, left ^ _mix(right, constant)
    return left << 30 | right


def _restore(bits: int) -> int:
    left, right = bits >> 30, bits & _HALF
    for constant in reversed(_ROUNDS):
        left, right = right ^ _mix(left, constant), left
    return left << 30 | right
