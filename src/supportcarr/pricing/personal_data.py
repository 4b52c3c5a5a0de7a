"""What pricing holds of a person: quotes of the last days."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from supportcarr.kit.store.port import Store
from supportcarr.kit.store.purge import delete_matching
from supportcarr.pricing.collections import QUOTES


class QuoteData:
    """``privacy.ports.PersonalData`` of pricing."""

    part = "quotes"
    slow = False

    def __init__(self, store: Store) -> None:
        self._quotes = store.collection(QUOTES)

    async def export(self, person_id: str) -> Mapping[str, Any]:
        found = [
            {"id": quote.id, "created_at": quote.created_at, "terms": quote.terms}
            async for quote in self._quotes.scan({"rider_id": person_id})
        ]
        return {"quotes": found} if found else {}

    async def obstacles(self, person_id: str) -> Sequence[str]:
        return ()

    async def forget(self, person_id: str) -> None:
        await delete_matching(self._quotes, {"rider_id": person_id})
