"""Sealed columns: what is read is what was written, with the right key and in its own column, or nothing."""

from __future__ import annotations

import os

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from adapters.sql import sealing
from adapters.sql.sealing import NotSealedByUs, seal, unseal
from core.directory.reads import CLIENT
from core.kernel.reading import Selection
from tests.kit.houses import Studio

COLUMN = "clients.allergies"


@pytest.fixture(autouse=True)
def _own_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keys of this module's own: those of the houses come back after each test."""
    keys = dict(sealing._keys) or {1: AESGCM(b"k" * 32)}
    monkeypatch.setattr(sealing, "_keys", keys)


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=200))
def test_a_sealed_text_opens_again(text_: str) -> None:
    """Any text, the empty one included; what is kept does not hold it."""
    sealed = seal(text_, COLUMN)
    assert unseal(sealed, COLUMN) == text_
    assert len(sealed) == 1 + 2 + 12 + len(text_.encode()) + 16
    assert len(text_) < 4 or text_.encode() not in sealed


def test_the_same_text_is_sealed_differently_each_time() -> None:
    """Equal notes cannot be told from the table."""
    assert len({seal("latex", COLUMN) for _ in range(100)}) == 100


def test_a_value_moved_to_another_column_does_not_open() -> None:
    """The column's name is part of the seal; the refusal names it and not the text."""
    with pytest.raises(NotSealedByUs, match=r"clients\.medical_notes does not open") as refused:
        unseal(seal("CANARY", COLUMN), "clients.medical_notes")
    assert "CANARY" not in str(refused.value)


def test_another_key_does_not_open() -> None:
    """A changed DAYBOOK_SECRET_KEY is named as the likely reason."""
    sealed = seal("latex", COLUMN)
    sealing.use_key(os.urandom(32))
    with pytest.raises(NotSealedByUs, match="was DAYBOOK_SECRET_KEY changed"):
        unseal(sealed, COLUMN)


def test_no_byte_can_be_changed_and_none_left_out() -> None:
    """Whatever is flipped or cut off, the value does not open; nothing else is raised."""
    sealed = seal("latex", COLUMN)
    for at in range(len(sealed)):
        with pytest.raises(NotSealedByUs):
            unseal(sealed[:at] + bytes([sealed[at] ^ 1]) + sealed[at + 1 :], COLUMN)
    for length in range(len(sealed)):
        with pytest.raises(NotSealedByUs):
            unseal(sealed[:length], COLUMN)
    with pytest.raises(NotSealedByUs):
        unseal(sealed + b"\x00", COLUMN)


def test_nothing_is_sealed_without_a_key(monkeypatch: pytest.MonkeyPatch) -> None:
    """A program that forgot its key keeps nothing in clear: it raises."""
    monkeypatch.setattr(sealing, "_keys", {})
    with pytest.raises(NotSealedByUs, match="call use_key"):
        seal("latex", COLUMN)


async def test_values_swapped_between_columns_are_refused_when_read(studio: Studio) -> None:
    """By raw SQL in the table: both columns are there, neither opens in the other's place."""
    key = await studio.client(allergies="latex", medical_notes="fainted")
    selection = Selection(noun=CLIENT, fields={"allergies", "medical_notes"})
    assert await studio.ctx.read.one(selection, key) == {"allergies": "latex", "medical_notes": "fainted"}
    async with studio.house.database.connect(studio.business_id, write=True) as connection:
        await connection.execute(
            text("UPDATE clients SET allergies = medical_notes, medical_notes = allergies WHERE id = :key"),
            {"key": key},
        )
        await connection.commit()
    with pytest.raises(NotSealedByUs):
        await studio.ctx.read.one(selection, key)


async def test_nothing_stays_nothing(studio: Studio) -> None:
    """A note that was never made is null in the table, and reads back as none."""
    key = await studio.client()
    (row,) = await studio.table("clients")
    assert [row[name] for name in ("allergies", "medical_notes", "internal_notes")] == [None, None, None]
    selection = Selection(noun=CLIENT, fields={"allergies"})
    assert await studio.ctx.read.one(selection, key) == {"allergies": None}
