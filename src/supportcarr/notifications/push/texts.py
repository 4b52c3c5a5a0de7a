"""The texts of messages that are not in the inbox: a job offer, and a message of a rescue's chat.  Pure.

They name no person, no place and no price: a locked screen shows them to whoever holds the phone.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from supportcarr.contracts.languages import Language
from supportcarr.notifications.push.model import PushText

Kind = Literal["job_offered", "message_of_rider", "message_of_driver"]

TEXTS: Mapping[tuple[Kind, Language], tuple[str, str]] = {
    ("job_offered", "en"): ("A job for you", "Open the app to see it. You have a few seconds to accept."),
    ("job_offered", "es"): (
        "Un servicio para usted",
        "Abra la aplicación para verlo. Tiene unos segundos para aceptarlo.",
    ),
    ("job_offered", "fr"): (
        "Une course pour vous",
        "Ouvrez l'application pour la voir. Vous avez quelques secondes pour l'accepter.",
    ),
    ("message_of_rider", "en"): ("A message from your rider", "Read it in the app."),
    ("message_of_rider", "es"): ("Un mensaje de su pasajero", "Léalo en la aplicación."),
    ("message_of_rider", "fr"): ("Un message de votre client", "Lisez-le dans l'application."),
    ("message_of_driver", "en"): ("A message from your driver", "Read it in the app."),
    ("message_of_driver", "es"): ("Un mensaje de su conductor", "Léalo en la aplicación."),
    ("message_of_driver", "fr"): ("Un message de votre chauffeur", "Lisez-le dans l'application."),
}


def push_text(kind: Kind, language: Language) -> PushText:
    """The text in that language."""
    title, body = TEXTS[kind, language]
    return PushText(kind, title, body, language)
