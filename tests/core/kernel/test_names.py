"""What is made of names, e-mail addresses and telephone numbers."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.kernel.text import Check, e164, slug_of, split_name


@pytest.mark.parametrize(
    ("text", "slug"),
    [
        ("Inkwell & Sons", "inkwell-sons"),
        ("Kai Rodriguez", "kai-rodriguez"),
        ("Kai's Place", "kais-place"),
        ("Kai’s Place", "kais-place"),
        ("  --Ink--  ", "ink"),
        ("Café Zoë 24/7", "cafe-zoe-24-7"),
        ("Ｆｕｌｌ width", "full-width"),
        ("木村", ""),
        ("🎨", ""),
        ("", ""),
        ("a\x00b", "a-b"),
    ],
)
def test_slugs_are_lower_case_words_joined_by_hyphens(text: str, slug: str) -> None:
    """Accents go, other characters part words or vanish, and nothing else is left."""
    assert slug_of(text) == slug


@given(st.text(max_size=60))
def test_a_slug_is_its_own_slug(text: str) -> None:
    """Any text gives a well-formed slug or none, and a slug is left as it is."""
    slug = slug_of(text)
    assert re.fullmatch(r"(?:[a-z0-9]+(?:-[a-z0-9]+)*)?", slug)
    assert slug_of(slug) == slug


@pytest.mark.parametrize(
    ("display_name", "names"),
    [
        ("Jasmine Torres", ("Jasmine", "Torres")),
        ("Anna Maria van der Berg", ("Anna Maria van der", "Berg")),
        ("Cher", ("Cher", None)),
        ("  Cher  ", ("Cher", None)),
        ("Kai  Rodriguez", ("Kai", "Rodriguez")),
        ("", (None, None)),
        ("   ", (None, None)),
    ],
)
def test_names_are_split_at_the_last_space(display_name: str, names: tuple[str | None, str | None]) -> None:
    """What stands before it is given, what follows is the family's; a single word is given."""
    assert split_name(display_name) == names


@pytest.mark.parametrize(
    ("phone", "number"),
    [
        (None, None),
        ("+12125550100", "+12125550100"),
        ("+1 (212) 555-0100", "+12125550100"),
        ("+49 30/901820", "+4930901820"),
        ("+1.212.555.0100", "+12125550100"),
        ("+123456789012345", "+123456789012345"),
        ("+1234567890123456", None),
        ("+123456", None),
        ("+0123456789", None),
        ("212 555 0100", None),
        ("0049 30 901820", None),
        ("+1 212 555 0100 ext. 5", None),
        ("+１２１２５５５０１００", None),
        ("++12125550100", None),
        ("", None),
    ],
)
def test_only_numbers_with_their_country_code_are_e164(phone: str | None, number: str | None) -> None:
    """Separators are dropped; without a plus and a country code nothing is guessed."""
    assert e164(phone) == number


@pytest.mark.parametrize(
    "address",
    [
        "kai@studio.example",
        "Kai.Rodriguez+ink@Studio.Example",
        "o'brien@example.com",
        "a@b.co",
        "_@xn--bcher-kva.example",
        "1@1.example",
        f"{'l' * 64}@example.com",
        f"a@{'d' * 63}.example",
        f"{'l' * 64}@{'d' * 61}.{'d' * 63}.{'d' * 59}.com",
    ],
)
def test_addresses_that_mail_systems_take_are_taken(address: str) -> None:
    """Letters, digits, the usual signs, up to the lengths of RFC 5321."""
    check = Check()
    assert check.email("email", f" {address}\n") == address
    check.done()


@pytest.mark.parametrize(
    "address",
    [
        "",
        "kai",
        "kai@",
        "@studio.example",
        "kai@studio",
        "kai@@studio.example",
        "kai@studio..example",
        "kai@-studio.example",
        "kai@studio-.example",
        "kai@.example",
        "kai@studio.example.",
        ".kai@studio.example",
        "kai.@studio.example",
        "k..ai@studio.example",
        "kai rodriguez@studio.example",
        "kai@studio.example, mara@studio.example",
        "Kai <kai@studio.example>",
        '"kai"@studio.example',
        "kai@[127.0.0.1]",
        "kai@studio.example\r\nBcc: all@studio.example",
        "kai\x00@studio.example",
        "kai@stüdio.example",
        "kaï@studio.example",
        "\ud800@studio.example",
        f"{'l' * 65}@example.com",
        f"a@{'d' * 64}.example",
        f"{'l' * 64}@{'d' * 61}.{'d' * 63}.{'d' * 60}.com",
    ],
)
def test_what_is_no_address_is_refused(address: str) -> None:
    """Nothing that a mail system refuses, and nothing that could carry a second header or recipient."""
    check = Check()
    check.email("email", address)
    assert [(issue.path, issue.code) for issue in check.issues] == [("email", "BAD_EMAIL")]
