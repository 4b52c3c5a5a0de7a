"""The texts that are sent by SMS, in each language.  Pure.

Each fits one SMS of 160 characters in the GSM 7-bit alphabet, which has à, é, è, ñ, ü and ¿, but not á, í, ó,
ú, ç, ê, ô or typographic quotes: one of those makes a text cost twice as much.
"""

from __future__ import annotations

from supportcarr.auth.codes import LIFETIME
from supportcarr.contracts.languages import Language

_MINUTES = int(LIFETIME.total_seconds() / 60)

_VERIFY: dict[Language, str] = {
    "en": "{code} is your SupportCarr code. It ends in {minutes} minutes. "
    "Give it to nobody: we never ask for it.",
    "es": "{code} es su clave de SupportCarr. Vence en {minutes} minutos. "
    "No la comparta: nunca se la pediremos.",
    "fr": "{code} est votre code SupportCarr. Il expire dans {minutes} minutes. "
    "Ne le donnez à personne : nous ne le demandons jamais.",
}
_RESET: dict[Language, str] = {
    "en": "{code} is your code for a new SupportCarr password. It ends in {minutes} minutes. "
    "If you did not ask for it, ignore this text.",
    "es": "{code} es su clave para una nueva contraseña de SupportCarr. Vence en {minutes} minutos. "
    "Si no fue usted, ignore este mensaje.",
    "fr": "{code} est votre code pour un nouveau mot de passe SupportCarr. Il expire dans {minutes} minutes. "
    "Si ce n'est pas vous, ignorez ce message.",
}
_HAS_ACCOUNT: dict[Language, str] = {
    "en": "You already have a SupportCarr account with this number: sign in, or reset the password. "
    "If you did not sign up just now, ignore this text.",
    "es": "Ya tiene una cuenta de SupportCarr con este teléfono: entre, o cambie la contraseña. "
    "Si no fue usted, ignore este mensaje.",
    "fr": "Ce numéro a déjà un compte SupportCarr : connectez-vous, ou changez le mot de passe. "
    "Si vous n'avez rien demandé, ignorez ce message.",
}
_IN_USE: dict[Language, str] = {
    "en": "Somebody wants to use this number for another SupportCarr account. It stays yours. "
    "If it was you, sign in with this number instead.",
    "es": "Alguien quiere usar este teléfono en otra cuenta de SupportCarr. Sigue siendo suyo. "
    "Si fue usted, entre con este teléfono.",
    "fr": "Quelqu'un veut utiliser ce numéro pour un autre compte SupportCarr. Il reste à vous. "
    "Si c'est vous, connectez-vous avec ce numéro.",
}
_CHANGED: dict[Language, str] = {
    "en": "Your SupportCarr account has another phone number now; this one no longer signs in. "
    "If that was not you, contact our support.",
    "es": "Su cuenta de SupportCarr ya tiene otro teléfono; con este ya no se entra. "
    "Si no fue usted, avise a nuestro soporte.",
    "fr": "Votre compte SupportCarr a maintenant un autre numéro ; celui-ci ne vous connecte plus. "
    "Si ce n'est pas vous, écrivez à notre assistance.",
}


def verification(code: str, language: Language) -> str:
    """The code with which a person proves that a phone is theirs."""
    return _VERIFY[language].format(code=code, minutes=_MINUTES)


def password_reset(code: str, language: Language) -> str:
    """The code with which the owner of an account chooses a new password."""
    return _RESET[language].format(code=code, minutes=_MINUTES)


def has_account(language: Language) -> str:
    """What the owner of an account is told if somebody signs up with their number: how to sign in."""
    return _HAS_ACCOUNT[language]


def number_in_use(language: Language) -> str:
    """What the owner of an account is told if somebody wants its number for another account."""
    return _IN_USE[language]


def phone_changed(language: Language) -> str:
    """What is sent to the old number of an account that has a new one."""
    return _CHANGED[language]
