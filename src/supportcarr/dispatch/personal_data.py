"""What dispatch holds of a person: the driver's place on the roster, and where riders waited for one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from msgspec.structs import replace

from supportcarr.contracts.geo import coarse
from supportcarr.dispatch.collections import CASES, OFFERS, ROSTER
from supportcarr.dispatch.model import DispatchCase, Offer
from supportcarr.dispatch.ports import RescuesOfRider
from supportcarr.kit.store.port import Store
from supportcarr.kit.store.purge import delete_document
from supportcarr.kit.store.update import update, without_events


class DispatchData:
    """``privacy.ports.PersonalData`` of dispatch.

    Nothing is exported: offers and cases repeat what the rescues hold.
    """

    part = "dispatch"
    slow = False

    def __init__(self, store: Store, rescues: RescuesOfRider) -> None:
        self._roster = store.collection(ROSTER)
        self._cases = store.collection(CASES)
        self._offers = store.collection(OFFERS)
        self._rescues = rescues

    async def export(self, person_id: str) -> Mapping[str, Any]:
        return {}

    async def obstacles(self, person_id: str) -> Sequence[str]:
        return ()

    async def forget(self, person_id: str) -> None:
        await delete_document(self._roster, person_id)
        for rescue_id in await self._rescues.ids_of_rider(person_id):
            if await self._cases.get(rescue_id) is not None:
                await update(self._cases, rescue_id, without_events(_coarse_case))
            page = await self._offers.find({"rescue_id": rescue_id}, limit=1000)
            for offer in page.items:
                await update(self._offers, offer.id, without_events(_coarse_offer))


def _coarse_case(case: DispatchCase) -> DispatchCase | None:
    after = replace(case, pickup=coarse(case.pickup), dropoff=coarse(case.dropoff))
    return None if after == case else after


def _coarse_offer(offer: Offer) -> Offer | None:
    after = replace(offer, pickup=coarse(offer.pickup), dropoff=coarse(offer.dropoff))
    return None if after == offer else after
