"""How many connections one address and one user may have, so that none takes the places of others."""

from __future__ import annotations

from collections import Counter

from supportcarr.kit.http.addresses import ClientAddresses
from supportcarr.kit.http.types import Scope
from supportcarr.realtime.settings import SocketSettings


class ConnectionShares:
    """Counts the connections of each address (open, with a client or not) and of each user (accepted).

    A trusted proxy's own address is not bounded: it stands for clients that it does not name.
    """

    def __init__(self, settings: SocketSettings, addresses: ClientAddresses) -> None:
        self._settings = settings
        self._addresses = addresses
        self._of_address: Counter[str] = Counter()
        self._of_user: Counter[str] = Counter()
        self.refused = 0

    def open(self, scope: Scope) -> str | None:
        """The address that one more connection counts for, ``None`` if it is not bounded.

        Raises ``TooManyConnections``.
        """
        forwarded = [value for name, value in scope["headers"] if name == b"x-forwarded-for"]
        address = self._addresses.bounded(scope.get("client"), b",".join(forwarded) if forwarded else None)
        if address is not None:
            self._take(self._of_address, address, self._settings.per_address)
        return address

    def close(self, address: str | None) -> None:
        """Uncount a connection of what ``open`` returned."""
        if address is not None:
            _give_back(self._of_address, address)

    def accept(self, user_id: str) -> None:
        """Count one more client of this user.  Raises ``TooManyConnections``."""
        self._take(self._of_user, user_id, self._settings.per_user)

    def leave(self, user_id: str) -> None:
        """Uncount a client that ``accept`` counted."""
        _give_back(self._of_user, user_id)

    def _take(self, counter: Counter[str], name: str, most: int) -> None:
        if counter[name] >= most:
            self.refused += 1
            raise TooManyConnections
        counter[name] += 1


class TooManyConnections(Exception):
    """The address or the user has its share of the connections."""


def _give_back(counter: Counter[str], name: str) -> None:
    counter[name] -= 1
    if counter[name] <= 0:
        del counter[name]
