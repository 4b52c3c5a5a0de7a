"""The visitor's accounts, and the links that the demo prints to sign in to them."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Any

from supportcarr.bootstrap.operators import Operator
from supportcarr_lab.emulators.phone_links import WHO, LinkedAccount, PhoneLinks, Who, read_links, write_links

# Fictional numbers, as the operators have (``bootstrap.operators``).
_PEOPLE: dict[Who, tuple[str, str]] = {
    "rider": ("+15145550190", "Camille Roy"),
    "driver": ("+15145550191", "Alex Gagnon"),
}
PLACE = (45.5236, -73.5770)  # where people stand whose browser knows no place in the city: Plateau-Mont-Royal


class Phones:
    """The visitor's accounts of one run.  Their passwords are made once and kept in *folder*."""

    def __init__(self, folder: Path, operator: Operator) -> None:
        self._folder = folder
        known = read_links(folder)
        kept = known.accounts if known is not None else {}
        self._accounts: dict[Who, LinkedAccount] = {
            who: kept.get(who)
            or LinkedAccount(phone=phone, password=f"{secrets.token_urlsafe(15)}-Ride!", name=name)
            for who, (phone, name) in _PEOPLE.items()
        }
        self._accounts["console"] = LinkedAccount(
            phone=operator.phone, password=operator.password, totp_secret=operator.totp_secret
        )
        self._key = secrets.token_urlsafe(16)
        self.close()

    def visitors(self) -> dict[str, Any]:
        """Those that the simulator prepares (``CityOptions.visitors``)."""
        return {
            who: {"phone": account.phone, "password": account.password, "name": account.name}
            for who, account in self._accounts.items()
            if who in _PEOPLE
        }

    def links(self, base_url: str) -> dict[str, str]:
        """The links.  The key is in the fragment, which browsers send to no server."""
        return {who: f"{base_url}/sandbox/{who}#{self._key}" for who in WHO}

    def open(self) -> None:
        """Let the links work: the accounts exist."""
        write_links(self._folder, PhoneLinks(accounts=self._accounts, key=self._key))

    def close(self) -> None:
        """Let no link work."""
        write_links(self._folder, PhoneLinks(accounts=self._accounts))
