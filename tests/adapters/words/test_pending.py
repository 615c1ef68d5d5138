"""Words of what the business has yet to confirm, or declined, in every language."""

from __future__ import annotations

from typing import Any

import pytest

from adapters.words.wording import Sandbox
from tests.adapters.words.test_shipped import BARE

FACTS: dict[str, Any] = {**BARE, "business": "Inkwell", "provider": "Kai"}
ASKED_FOR = {
    "en": (
        "Your request to Inkwell: Monday, 8 March 2027, 15:00",
        "you asked for this time at Inkwell:",
        "We will tell you once it is confirmed.",
        "Inkwell: you asked for Monday, 8 March 2027, 15:00 with Kai. We will tell you once it is confirmed.",
    ),
    "de": (
        "Ihre Anfrage bei Inkwell: Montag, 8. März 2027, 15:00 Uhr",
        "Sie haben bei Inkwell um diesen Termin gebeten:",
        "Wir sagen Ihnen Bescheid, sobald er bestätigt ist.",
        "Inkwell: Ihre Anfrage: Montag, 8. März 2027, 15:00 Uhr, bei Kai."
        " Wir sagen Bescheid, sobald der Termin bestätigt ist.",
    ),
    "fr": (
        "Votre demande chez Inkwell : lundi 8 mars 2027 à 15:00",
        "vous avez demandé ce rendez-vous chez Inkwell :",
        "Nous vous préviendrons dès qu'il sera confirmé.",
        "Inkwell : vous avez demandé lundi 8 mars 2027 à 15:00, avec Kai."
        " Nous vous préviendrons dès la confirmation.",
    ),
    "es": (
        "Su solicitud en Inkwell: lunes, 8 de marzo de 2027, 15:00",
        "ha pedido esta cita en Inkwell:",
        "Le avisaremos en cuanto esté confirmada.",
        "Inkwell: ha pedido cita el lunes, 8 de marzo de 2027 a las 15:00 con Kai."
        " Le avisaremos en cuanto esté confirmada.",
    ),
}
BOOKED = {
    "en": ("Your appointment at Inkwell on Monday, 8 March 2027, 15:00", "See you then!"),
    "de": ("Ihr Termin bei Inkwell: Montag, 8. März 2027, 15:00 Uhr", "Bis dann!"),
    "fr": ("Votre rendez-vous chez Inkwell : lundi 8 mars 2027 à 15:00", "À bientôt !"),
    "es": ("Su cita en Inkwell: lunes, 8 de marzo de 2027, 15:00", "¡Hasta entonces!"),
}
OFF = {
    "en": ("Inkwell cannot confirm your appointment", "Your appointment at Inkwell is cancelled"),
    "de": (
        "Ihr Termin bei Inkwell kann nicht bestätigt werden",
        "Ihr Termin bei Inkwell ist abgesagt",
    ),
    "fr": (
        "Votre rendez-vous chez Inkwell ne peut pas être confirmé",
        "Votre rendez-vous chez Inkwell est annulé",
    ),
    "es": ("Su cita en Inkwell no se puede confirmar", "Su cita en Inkwell queda cancelada"),
}

NEAR = {
    "en": (
        "Not confirmed yet: Inkwell on Monday, 8 March 2027, 15:00",
        "your request to Inkwell is not confirmed yet:",
        "We will tell you once it is confirmed. If you cannot come, please tell us soon.",
        "Inkwell: your request for Monday, 8 March 2027, 15:00 with Kai is not confirmed yet.",
    ),
    "de": (
        "Noch nicht bestätigt: Inkwell, Montag, 8. März 2027, 15:00 Uhr",
        "Ihre Anfrage bei Inkwell ist noch nicht bestätigt:",
        "Sobald der Termin bestätigt ist, hören Sie von uns."
        " Wenn Sie nicht kommen können, sagen Sie uns bitte bald Bescheid.",
        "Inkwell: Ihre Anfrage für Montag, 8. März 2027, 15:00 Uhr, bei Kai ist noch nicht bestätigt.",
    ),
    "fr": (
        "Pas encore confirmé : Inkwell, lundi 8 mars 2027 à 15:00",
        "votre demande chez Inkwell n'est pas encore confirmée :",
        "Nous vous préviendrons dès qu'elle le sera."
        " Si vous ne pouvez pas venir, prévenez-nous vite, s'il vous plaît.",
        "Inkwell : votre demande pour le lundi 8 mars 2027 à 15:00, avec Kai, n'est pas encore confirmée.",
    ),
    "es": (
        "Aún sin confirmar: Inkwell, lunes, 8 de marzo de 2027, 15:00",
        "su solicitud en Inkwell aún no está confirmada:",
        "Le avisaremos en cuanto lo esté. Si no puede venir, avísenos pronto, por favor.",
        "Inkwell: su solicitud para el lunes, 8 de marzo de 2027 a las 15:00 con Kai aún no está confirmada.",
    ),
}
NEAR_AND_BOOKED = {
    "en": (
        "Reminder: Inkwell on Monday, 8 March 2027, 15:00",
        "we look forward to seeing you at Inkwell:",
        "If you cannot come, please tell us soon.",
        "Reminder from Inkwell: Monday, 8 March 2027 at 15:00 with Kai.",
    ),
    "de": (
        "Erinnerung: Inkwell, Montag, 8. März 2027, 15:00 Uhr",
        "wir freuen uns auf Ihren Besuch bei Inkwell:",
        "Wenn Sie nicht kommen können, sagen Sie uns bitte bald Bescheid.",
        "Erinnerung von Inkwell: Montag, 8. März 2027, 15:00 Uhr, bei Kai.",
    ),
    "fr": (
        "Rappel : Inkwell, lundi 8 mars 2027 à 15:00",
        "nous vous attendons chez Inkwell :",
        "Si vous ne pouvez pas venir, prévenez-nous vite, s'il vous plaît.",
        "Rappel de Inkwell : lundi 8 mars 2027 à 15:00, avec Kai.",
    ),
    "es": (
        "Recordatorio: Inkwell, lunes, 8 de marzo de 2027, 15:00",
        "le esperamos en Inkwell:",
        "Si no puede venir, avísenos pronto, por favor.",
        "Recordatorio de Inkwell: lunes, 8 de marzo de 2027 a las 15:00 con Kai.",
    ),
}
MOVED = {
    "en": (
        "Your request to Inkwell has moved to Monday, 8 March 2027, 15:00",
        "the time you asked for at Inkwell has moved:",
        "We will tell you once it is confirmed.",
        "Inkwell: your request is now for Monday, 8 March 2027, 15:00 with Kai."
        " We will tell you once it is confirmed.",
    ),
    "de": (
        "Ihre Anfrage bei Inkwell hat eine neue Zeit: Montag, 8. März 2027, 15:00 Uhr",
        "Ihre Anfrage bei Inkwell hat eine neue Zeit:",
        "Wir sagen Ihnen Bescheid, sobald der Termin bestätigt ist.",
        "Inkwell: Ihre Anfrage ist jetzt für Montag, 8. März 2027, 15:00 Uhr, bei Kai."
        " Wir sagen Bescheid, sobald der Termin bestätigt ist.",
    ),
    "fr": (
        "Votre demande chez Inkwell est déplacée au lundi 8 mars 2027 à 15:00",
        "votre demande chez Inkwell a une nouvelle heure :",
        "Nous vous préviendrons dès que le rendez-vous sera confirmé.",
        "Inkwell : votre demande est déplacée au lundi 8 mars 2027 à 15:00, avec Kai."
        " Nous vous préviendrons dès la confirmation.",
    ),
    "es": (
        "Su solicitud en Inkwell pasa al lunes, 8 de marzo de 2027, 15:00",
        "su solicitud en Inkwell tiene una hora nueva:",
        "Le avisaremos en cuanto esté confirmada.",
        "Inkwell: su solicitud pasa al lunes, 8 de marzo de 2027 a las 15:00 con Kai."
        " Le avisaremos en cuanto esté confirmada.",
    ),
}
MOVED_AND_BOOKED = {
    "en": (
        "Your appointment at Inkwell has moved to Monday, 8 March 2027, 15:00",
        "your appointment at Inkwell has a new time:",
        "Inkwell: your appointment is now on Monday, 8 March 2027 at 15:00 with Kai.",
    ),
    "de": (
        "Ihr Termin bei Inkwell ist verlegt: Montag, 8. März 2027, 15:00 Uhr",
        "Ihr Termin bei Inkwell hat eine neue Zeit:",
        "Inkwell: Ihr Termin ist jetzt Montag, 8. März 2027, 15:00 Uhr, bei Kai.",
    ),
    "fr": (
        "Votre rendez-vous chez Inkwell est déplacé au lundi 8 mars 2027 à 15:00",
        "votre rendez-vous chez Inkwell a une nouvelle heure :",
        "Inkwell : votre rendez-vous est déplacé au lundi 8 mars 2027 à 15:00, avec Kai.",
    ),
    "es": (
        "Su cita en Inkwell pasa al lunes, 8 de marzo de 2027, 15:00",
        "su cita en Inkwell tiene una hora nueva:",
        "Inkwell: su cita pasa al lunes, 8 de marzo de 2027 a las 15:00 con Kai.",
    ),
}


def said(occasion: str, channel: str, language: str, **more: str) -> tuple[str | None, list[str]]:
    """The subject, and the lines of the text that say something."""
    sandbox = Sandbox()
    words = sandbox.render(sandbox.default(occasion, channel, language), channel, language, {**FACTS, **more})
    return words.subject, [line for line in words.text.splitlines() if line]


@pytest.mark.parametrize("language", ASKED_FOR)
def test_what_is_pending_was_asked_for(language: str) -> None:
    """By mail and by SMS, and it is called booked in neither; without the fact it is booked."""
    subject, asked, closing, sms = ASKED_FOR[language]
    mail = said("booking_confirmation", "mail", language, pending="yes")
    assert (mail[0], mail[1][1], mail[1][-1], len(mail[1])) == (subject, asked, closing, 4)
    assert said("booking_confirmation", "sms", language, pending="yes") == (None, [sms])
    booked = said("booking_confirmation", "mail", language)
    assert (booked[0], booked[1][-1], len(booked[1])) == (*BOOKED[language], 4)
    assert booked[1][1] != asked
    assert said("booking_confirmation", "sms", language)[1] != [sms]


@pytest.mark.parametrize("language", NEAR)
def test_a_reminder_of_what_is_pending_says_that_it_is_not_confirmed(language: str) -> None:
    """By mail and by SMS, and looks forward to nobody; what is booked is reminded of as ever."""
    for expected, more in ((NEAR[language], {"pending": "yes"}), (NEAR_AND_BOOKED[language], {})):
        subject, opening, closing, sms = expected
        mail = said("reminder", "mail", language, **more)
        assert (mail[0], mail[1][1], mail[1][-1], len(mail[1])) == (subject, opening, closing, 4)
        assert said("reminder", "sms", language, **more) == (None, [sms])


@pytest.mark.parametrize("language", MOVED)
def test_what_is_pending_and_moves_still_waits_to_be_confirmed(language: str) -> None:
    """The letter ends with it, and the SMS; a booked one that moves promises nothing more."""
    subject, opening, closing, sms = MOVED[language]
    mail = said("rescheduled", "mail", language, pending="yes")
    assert (mail[0], mail[1][1], mail[1][-1], len(mail[1])) == (subject, opening, closing, 4)
    assert said("rescheduled", "sms", language, pending="yes") == (None, [sms])
    subject, opening, sms = MOVED_AND_BOOKED[language]
    booked = said("rescheduled", "mail", language)
    assert (booked[0], booked[1][1], len(booked[1])) == (subject, opening, 3)
    assert said("rescheduled", "sms", language) == (None, [sms])


@pytest.mark.parametrize("language", OFF)
def test_what_was_declined_is_not_called_cancelled(language: str) -> None:
    """In the subject and by SMS; what was booked and is off is."""
    declined, cancelled = (
        said("cancelled", "mail", language, declined="yes"),
        said("cancelled", "mail", language),
    )
    assert (declined[0], cancelled[0], declined[1]) == (*OFF[language], cancelled[1])
    ending = OFF[language][0].rpartition("Inkwell ")[2] if language != "en" else "cannot be confirmed"
    (line,) = said("cancelled", "sms", language, declined="yes")[1]
    assert line.endswith(f"15:00{' Uhr,' if language == 'de' else ''} {ending}.")


def test_an_sms_of_what_is_pending_is_short_in_every_language() -> None:
    """At most 160 characters with names of common length."""
    longest = {"business": "Inkwell & Sons <ltd>", "provider": "Kai Rodriguez", "pending": "yes"}
    for occasion in ("booking_confirmation", "rescheduled", "reminder"):
        for language in ASKED_FOR:
            (line,) = said(occasion, "sms", language, **longest)[1]
            assert len(line) <= 160, (occasion, language, len(line))
