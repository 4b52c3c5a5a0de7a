"""What people see of rescues."""

from __future__ import annotations

from time import monotonic
from typing import Literal

import msgspec

from supportcarr.contracts.actors import Actor, Principal
from supportcarr.contracts.errors import Forbidden, NotFound
from supportcarr.contracts.events import RescueCancelled
from supportcarr.contracts.rescues import LIVE
from supportcarr.contracts.value_objects import DriverCard
from supportcarr.kit.runtime.clock import Clock
from supportcarr.kit.store.port import In, Page, Scalar, Store
from supportcarr.rescues import charges
from supportcarr.rescues.access import actor_for
from supportcarr.rescues.collections import RESCUES
from supportcarr.rescues.commands import Cancel
from supportcarr.rescues.decide import decide
from supportcarr.rescues.model import Rescue
from supportcarr.rescues.ports import DriverCards, UserDirectory
from supportcarr.rescues.schemas import CancellationView, RescuesQuery, RescueView, TimelineView
from supportcarr.rescues.service import city_now, rules_of
from supportcarr.rescues.settings import RescueSettings
from supportcarr.rescues.state_machine import is_participant

Audience = Literal["rider", "driver", "operator"]

VIEWS_KEPT = 10_000
VIEW_SECONDS = 30.0  # wall; names, ratings and plates change without the rescue's version

_encoder = msgspec.json.Encoder()


class RescueQueries:
    """Rescues as those may see them whom they concern; to all others they do not exist."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        *,
        people: UserDirectory,
        drivers: DriverCards,
        settings: RescueSettings,
    ) -> None:
        self._rescues = store.collection(RESCUES)
        self._clock = clock
        self._people = people
        self._drivers = drivers
        self._rules = rules_of(settings)
        # Not a ``BoundedCache``: this is the hottest read, and that takes twice as long (0.29 µs for 0.16).
        self._views: dict[tuple[str, Audience], tuple[int, float, bytes]] = {}

    async def get_rescue(self, rescue_id: str, who: Principal) -> tuple[Rescue, Actor]:
        """The rescue, and the role in which the person sees it.  Raises ``NotFound``."""
        rescue = await self._rescues.get(rescue_id)
        if rescue is None:
            raise NotFound
        actor = actor_for(rescue, who)
        if not is_participant(rescue, actor):
            raise NotFound
        return rescue, actor

    async def list_rescues(self, who: Principal, query: RescuesQuery) -> tuple[Page[Rescue], Actor]:
        """One page of the rescues in which the person is the rider, or else the driver.

        Operators search the read model instead (``operations``).  Raises ``Forbidden``.
        """
        actor = _reader(who, query.role)
        where: dict[str, Scalar | In] = {
            "rider_id" if actor.role == "rider" else "driver_id": who.user_id,
        }
        if query.live:
            where["status"] = In(LIVE)
        if query.status is not None:
            if query.live and query.status not in LIVE:
                return Page([], None), actor
            where["status"] = query.status
        page = await self._rescues.find(where, sort=query.sort, limit=query.limit, cursor=query.cursor)
        return page, actor

    async def encoded_view(self, rescue: Rescue, actor: Actor) -> bytes:
        """The rescue's JSON for that reader, encoded once a version and audience."""
        audience = _audience(actor)
        key = rescue.id, audience
        kept = self._views.get(key)
        now = monotonic()
        if kept is not None and kept[0] == rescue.version and kept[1] > now:
            return kept[2]
        body = _encoder.encode(await self.view(rescue, actor))
        self._views.pop(key, None)
        while len(self._views) >= VIEWS_KEPT:
            del self._views[next(iter(self._views))]
        self._views[key] = rescue.version, now + VIEW_SECONDS, body
        return body

    async def view(self, rescue: Rescue, actor: Actor) -> RescueView:
        rider = await self._people.person(rescue.rider_id)
        driver = await self._driver(rescue.driver_id) if rescue.driver_id else None
        return RescueView.of(rescue, rider, driver, with_pin=_audience(actor) == "rider")

    async def _driver(self, driver_id: str) -> DriverCard | None:
        """A driver who is no more must not hide the rescue that they drove."""
        try:
            return await self._drivers.card(driver_id)
        except NotFound:
            return None

    def timeline(self, rescue: Rescue, actor: Actor) -> list[TimelineView]:
        return [TimelineView.of(entry, for_operator=actor.is_operator) for entry in rescue.timeline]

    def cancellation(self, rescue: Rescue, actor: Actor) -> CancellationView:
        """What cancelling would cost that actor now.  Raises what cancelling would raise."""
        now = city_now(self._clock)
        fact = decide(rescue, Cancel(reason="preview"), actor, now, self._rules)[0]
        assert isinstance(fact, RescueCancelled)
        fee = fact.owed.rider_minor
        ends = not actor.is_operator and rescue.driver_id is not None and fee == 0
        return CancellationView(
            fee_minor=fee,
            currency=fact.owed.currency,
            free_until=charges.free_until(rescue, self._rules) if ends else None,
        )


def _audience(actor: Actor) -> Audience:
    match actor.role:
        case "rider":
            return "rider"
        case "driver":
            return "driver"
        case _:
            return "operator"


def _reader(who: Principal, role: Literal["rider", "driver"] | None) -> Actor:
    roles: tuple[Literal["rider", "driver"], ...] = (role,) if role else ("rider", "driver")
    for name in roles:
        if name in who.roles:
            return Actor(name, who.user_id)
    raise Forbidden("Your account does not have that role.")
