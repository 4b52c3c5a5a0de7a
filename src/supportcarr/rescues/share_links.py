"""Share links: the rider lets others follow a rescue, without an account, until a while after its end.

A token is a keyed hash of a random seed, and found by a keyed hash of itself: who reads the store cannot
follow anybody.  It travels in the fragment of the page's address and in bodies of requests, never in a URL
that a server sees.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import timedelta
from typing import NamedTuple

from msgspec.structs import replace

from supportcarr.contracts.actors import Principal
from supportcarr.contracts.errors import NotFound
from supportcarr.contracts.ids import SHARE_LINK
from supportcarr.contracts.value_objects import DriverCard, JobPosition
from supportcarr.kit.runtime.clock import Clock, to_milliseconds
from supportcarr.kit.runtime.crypto import keyed_hash, secrets_of
from supportcarr.kit.runtime.ids import new_id
from supportcarr.kit.store.port import DuplicateKey, In, Store, VersionConflict
from supportcarr.rescues.collections import RESCUES, SHARE_LINKS
from supportcarr.rescues.model import Rescue
from supportcarr.rescues.ports import DriverCards, JobPositions
from supportcarr.rescues.settings import RescueSettings
from supportcarr.rescues.share_link_model import (
    ShareLink,
    check_count,
    check_may_share,
    ends_at,
    shows_position,
)

SEED_BYTES = 16  # the token has 256 bits


class LinkWithToken(NamedTuple):
    """A link and its token."""

    link: ShareLink
    token: str


class SharedRescue(NamedTuple):
    """A rescue as its rider's friends may see it, and the link that they have."""

    rescue: Rescue
    link: ShareLink
    driver: DriverCard | None
    position: JobPosition | None


class ShareLinkService:
    """Links to rescues."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        *,
        drivers: DriverCards,
        positions: JobPositions,
        settings: RescueSettings,
        secret: str,
    ) -> None:
        self._links = store.collection(SHARE_LINKS)
        self._rescues = store.collection(RESCUES)
        self._clock = clock
        self._drivers = drivers
        self._positions = positions
        self._lifetime = timedelta(seconds=settings.share_link_seconds)
        self._after_end = timedelta(seconds=settings.share_link_after_end_seconds)
        self._secrets = secrets_of(secret)

    async def create(
        self, rescue_id: str, principal: Principal, *, link_id: str | None = None
    ) -> LinkWithToken:
        """Make a link; the same *link_id* again is the same link.

        Raises ``NotFound``, ``ShareLinksClosed``, ``TooManyShareLinks``.
        """
        rescue = await self._own(rescue_id, principal)
        if link_id is not None and (known := await self._links.get(link_id)):
            return self._with_token(known, rescue)
        now = to_milliseconds(self._clock.city())
        check_may_share(rescue, now, self._after_end)
        check_count(len(await self.list_links(rescue_id, principal)))
        link_id, seed = link_id or new_id(SHARE_LINK), secrets.token_urlsafe(SEED_BYTES)
        link = ShareLink(
            id=link_id,
            rescue_id=rescue.id,
            rider_id=rescue.rider_id,
            seed=seed,
            token_hash=self._hashes(_token(self._secrets[0], link_id, seed))[0],
            created_at=now,
            expires_at=max(now, rescue.scheduled_for or now) + self._lifetime,
        )
        try:
            link = await self._links.insert(link)
        except DuplicateKey:  # the same request, made twice at the same time
            link = await self._links.get(link_id) or link
        return self._with_token(link, rescue)

    async def list_links(self, rescue_id: str, principal: Principal) -> Sequence[LinkWithToken]:
        """The links that have not ended, the oldest first.  Raises ``NotFound``."""
        rescue = await self._own(rescue_id, principal)
        now = self._clock.city()
        links = [link async for link in self._links.scan({"rescue_id": rescue_id})]
        shown = [self._with_token(link, rescue) for link in links]
        return sorted((one for one in shown if now < one.link.expires_at), key=lambda one: one.link.id)

    async def end(self, rescue_id: str, link_id: str, principal: Principal) -> None:
        """End a link.  Raises ``NotFound``, also for one that has been ended."""
        await self._own(rescue_id, principal)
        link = await self._links.get(link_id)
        if link is None or link.rescue_id != rescue_id:
            raise NotFound
        try:
            await self._links.delete(link.id, link.version)
        except VersionConflict:  # it was ended at the same moment
            raise NotFound from None

    async def open(self, token: str) -> SharedRescue:
        """What the link with that token shows.

        Raises ``NotFound``, whether there never was such a link or it has ended.
        """
        found = (await self._links.find({"token_hash": In(self._hashes(token))}, limit=1)).items
        if not found:
            raise NotFound
        rescue = await self._rescues.get(found[0].rescue_id)
        if rescue is None:
            raise NotFound
        link = self._shown(found[0], rescue)
        if self._clock.city() >= link.expires_at:
            raise NotFound
        driver = position = None
        if rescue.current_driver is not None:
            driver = await self._card(rescue.current_driver, rescue.vehicle_id)
            if shows_position(rescue):
                position = await self._positions.on_job(rescue.current_driver, rescue.id)
        return SharedRescue(rescue, link, driver, position)

    async def _card(self, driver_id: str, vehicle_id: str | None) -> DriverCard | None:
        """The driver's card; ``None`` if the account is gone."""
        try:
            return await self._drivers.card(driver_id, vehicle_id)
        except NotFound:
            return None

    async def _own(self, rescue_id: str, principal: Principal) -> Rescue:
        """The rider's own rescue; for everybody else, the driver too, there is none to share."""
        rescue = await self._rescues.get(rescue_id)
        if rescue is None or rescue.rider_id != principal.user_id:
            raise NotFound
        return rescue

    def _with_token(self, link: ShareLink, rescue: Rescue) -> LinkWithToken:
        """The link with its token, made with the secret of then."""
        tokens = [_token(secret, link.id, link.seed) for secret in self._secrets]
        token = next((one for one in tokens if link.token_hash in self._hashes(one)), tokens[0])
        return LinkWithToken(self._shown(link, rescue), token)

    def _shown(self, link: ShareLink, rescue: Rescue) -> ShareLink:
        """The link with the end that the rescue's state gives it."""
        return replace(link, expires_at=ends_at(link, rescue, self._after_end))

    def _hashes(self, token: str) -> tuple[str, ...]:
        """What may be stored of a token: with the secret of now first, then with those of before."""
        return tuple(keyed_hash(secret, "share link", token) for secret in self._secrets)


def _token(secret: str, link_id: str, seed: str) -> str:
    return keyed_hash(secret, "share link token", link_id, seed)
