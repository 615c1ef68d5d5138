"""Ids: how a key is spelled, and that a spelling leads back to it and to nothing else."""

from __future__ import annotations

import random
import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from core.kernel.ids import MAX_KEY, read, spell

KEYS = st.integers(1, MAX_KEY)
GOLDEN = {
    1: "srv_6d2sda2k0thg",
    2: "srv_0m1segkm4d4q",
    3: "srv_95g1fysamnke",
    7: "srv_0pngwdt29t05",
    1000: "srv_5g37bc99wyte",
    2**31: "srv_fsts0vrj49x2",
    2**53 - 1: "srv_kdynk3fcfkt1",
}


@given(KEYS)
@example(1)
@example(MAX_KEY)
def test_every_key_is_found_again_from_its_spelling(key: int) -> None:
    """Reading undoes spelling, for all keys from 1 to 2^53 - 1."""
    assert read("srv", spell("srv", key)) == key


@pytest.mark.parametrize(("key", "spelling"), GOLDEN.items())
def test_spellings_never_change(key: int, spelling: str) -> None:
    """These spellings are kept in other people's systems: the permutation is fixed for good."""
    assert spell("srv", key) == spelling
    assert read("srv", spelling) == key


@given(KEYS)
def test_a_spelling_has_the_form_that_voices_document(key: int) -> None:
    """Prefix, underscore and twelve lower-case letters and digits."""
    spelling = spell("srv", key)
    assert re.fullmatch(r"srv_\w{12}", spelling, re.ASCII)
    assert re.fullmatch(r"[a-z0-9]{6,}", spelling.removeprefix("srv_"))


def test_no_two_keys_share_a_spelling() -> None:
    """Neither neighbours nor keys drawn from the whole range collide."""
    drawn = random.Random(20270301)
    keys = {*range(1, 50_001), *(drawn.randint(1, MAX_KEY) for _ in range(50_000))}
    assert len({spell("x", key) for key in keys}) == len(keys)


def test_neighbours_do_not_look_alike() -> None:
    """Keys one apart differ in most of their twelve letters: counting up cannot be guessed at a glance."""
    same = [
        sum(one == other for one, other in zip(spell("x", key)[2:], spell("x", key + 1)[2:], strict=True))
        for key in range(1, 2_000)
    ]
    assert sum(same) / len(same) < 1


@pytest.mark.parametrize("key", [0, -1, 2**53, 2**60, 2**64])
def test_what_is_no_key_is_not_spelled(key: int) -> None:
    """Zero, negative numbers and numbers that JSON clients would round are refused."""
    with pytest.raises(ValueError, match="not a key"):
        spell("srv", key)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "_",
        "srv",
        "srv_",
        "cli_6d2sda2k0thg",
        "SRV_6d2sda2k0thg",
        "srv_6D2SDA2K0THG",
        "srv_6d2sda2k0th",
        "srv_6d2sda2k0thgg",
        "srv_6d2sda2k0thi",
        "srv_6d2sda2k0thu",
        " srv_6d2sda2k0thg",
        "srv_6d2sda2k0thg\n",
        "srv__6d2sda2k0thg",
        "srv-6d2sda2k0thg",
        "srv_６d2sda2k0thg",
        "6d2sda2k0thg",
        "1",
    ],
)
def test_what_is_no_id_of_the_noun_reads_as_nothing(text: str) -> None:
    """Another prefix, length, case or alphabet is no id; nothing raises."""
    assert read("srv", text) is None


@given(st.integers(0, 32**12 - 1))
def test_twelve_letters_that_spell_no_key_read_as_nothing(bits: int) -> None:
    """Of all twelve letters only those that some key below 2^53 spells are ids: an id is its own only form."""
    alphabet = "0123456789abcdefghjkmnpqrstvwxyz"
    text = "srv_" + "".join(alphabet[(bits >> 5 * at) & 31] for at in range(12))
    key = read("srv", text)
    assert key is None or spell("srv", key) == text


def test_almost_no_guess_is_an_id() -> None:
    """Seven bits of every spelling are redundant: 1 guess in 128 decodes, and none to a key above 2^53."""
    drawn = random.Random(7)
    letters = "0123456789abcdefghjkmnpqrstvwxyz"
    keys = [read("srv", "srv_" + "".join(drawn.choices(letters, k=12))) for _ in range(20_000)]
    found = [key for key in keys if key is not None]
    assert 80 < len(found) < 250
    assert all(0 < key <= MAX_KEY for key in found)


@given(st.text(max_size=20))
def test_any_text_reads_as_a_key_or_nothing(text: str) -> None:
    """Reading never raises."""
    assert read("srv", text) is None
    assert read("srv", f"srv_{text}") in (None, *range(1, 10)) or len(text) == 12
