"""The queries of the audit log and of privacy, as in ``support.store.queries``."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from supportcarr.audit.collections import HEADS, RECORDS
from supportcarr.auth.collections import SESSIONS
from supportcarr.contracts.rescues import LIVE
from supportcarr.dispatch.collections import OFFERS
from supportcarr.drivers.collections import DRIVER_CHECKS, DRIVER_DOCUMENTS, VEHICLES
from supportcarr.files.collections import FILES
from supportcarr.kit.store.port import CollectionSpec, In, Range, Where
from supportcarr.notifications.collections import NOTIFICATIONS, PUSH_SUBSCRIPTIONS
from supportcarr.payments.collections import LEDGER, METHODS
from supportcarr.pricing.collections import QUOTES
from supportcarr.privacy.collections import CHUNKS, DELETIONS, EXPORTS
from supportcarr.rescues.collections import MESSAGES, PHOTOS, RESCUES, SHARE_LINKS
from supportcarr.tracking.collections import CURRENT_JOBS, LOCATION_HISTORY

MakeQuery = Callable[..., Any]  # ``support.store.queries.Query``
PERSON = "usr_1"

PURGED = (  # by retention, by age
    (CHUNKS, "expires_at"),
    (DELETIONS, "erased_at"),
    (EXPORTS, "expires_at"),
    (LOCATION_HISTORY, "began_at"),
    (MESSAGES, "at"),
    (PHOTOS, "at"),
    (SHARE_LINKS, "expires_at"),
    (NOTIFICATIONS, "at"),
)
PRIVACY_CALLS = frozenset({"audit/routes.py service.find", "privacy/routes.py deletions.find"})


def audit_queries(query: MakeQuery, since: Range) -> Iterator[Any]:
    """The chain in order, what waits for it, and every filter of the log's route."""
    places = Range(ge="000000000001")
    chain, verification = "audit/chain.py self._records.find", "audit/verification.py records"
    yield query(chain, RECORDS, {"waiting_since": since}, "waiting_since")
    yield query(chain, RECORDS, {"chained_as": "000000000001"}, sorting="memory")  # at most one
    yield query(chain, RECORDS, {"chained_as": places}, "chained_as", sorting="memory")
    yield query(f"{verification}.find", RECORDS, {"chained_as": places}, "chained_as", sorting="memory")
    yield query(f"{verification}.count", RECORDS, how="count")
    step = "audit/verification.py self._records.find"
    yield query(step, RECORDS, {"chained_as": places}, "chained_as", sorting="memory")
    yield query("audit/verification.py store.collection(HEADS).find", HEADS)
    log = "audit/service.py self._records.find"
    yield query(log, RECORDS, {}, "-at")
    yield query(log, RECORDS, {"at": since}, "-at")
    for field in ("actor_id", "subject", "person_id", "action"):
        yield query(log, RECORDS, {field: "x"}, "-at")
        yield query(log, RECORDS, {field: "x", "at": since}, "-at")
    everything: Where = {"actor_id": "x", "subject": "x", "person_id": "x", "action": "x", "at": since}
    yield query(log, RECORDS, everything, "-at")
    of_person = "audit/personal_data.py self._records.scan"
    yield query(of_person, RECORDS, {"person_id": PERSON}, how="scan", sorting="memory")


def file_queries(query: MakeQuery, since: Range, until: Range) -> Iterator[Any]:
    """Files of a person, and those that are to be collected."""
    unused: Where = {"owner_id": PERSON, "orphan_at": since}
    yield query("files/service.py self._files.count", FILES, unused, how="count")
    removal = "files/removal.py self._files"
    for field in ("expires_at", "orphan_at", "keep_until"):
        yield query(f"{removal}.find", FILES, {field: until}, field)
    yield query(f"{removal}.find", FILES, {"state": "deleted"})
    for caller in (removal, "files/personal_data.py self._files"):
        yield query(f"{caller}.scan", FILES, {"owner_id": PERSON}, how="scan", sorting="memory")


def privacy_queries(query: MakeQuery) -> Iterator[Any]:
    """What each part holds of a person, deletions and exports."""
    yield query("privacy/deletions.py self._deletions.find", DELETIONS, {"state": "waiting"}, "requested_at")
    yield query("privacy/exports.py self._exports.find", EXPORTS, {"person_id": PERSON}, "requested_at")
    rescues = "rescues/personal_data.py self._rescues.find"
    for side in ("rider_id", "driver_id"):
        yield query(rescues, RESCUES, {side: PERSON}, "created_at")
        live: Where = {side: PERSON, "status": In(tuple(sorted(LIVE)))}
        yield query(rescues, RESCUES, live, "created_at")
    yield query(rescues, RESCUES, {"rider_id": PERSON, "status": "scheduled"}, "created_at")
    links = "rescues/personal_data.py self._links.scan"
    yield query(links, SHARE_LINKS, {"rider_id": PERSON}, how="scan")
    found: tuple[tuple[str, CollectionSpec[Any], str], ...] = (
        ("auth/personal_data.py self._sessions", SESSIONS, "user_id"),
        ("dispatch/personal_data.py self._offers", OFFERS, "rescue_id"),
        ("drivers/personal_data.py self._vehicles", VEHICLES, "driver_id"),
        ("payments/personal_data.py self._methods", METHODS, "rider_id"),
        ("kit/store/purge.py collection", CURRENT_JOBS, "rider_id"),
        ("kit/store/purge.py collection", LOCATION_HISTORY, "rescue_id"),
    )
    for receiver, spec, field in found:
        yield query(f"{receiver}.find", spec, {field: "x"}, sorting="memory")
    scanned: tuple[tuple[str, CollectionSpec[Any], str], ...] = (
        ("privacy/exports.py self._chunks", CHUNKS, "export_id"),
        ("notifications/personal_data.py self._notifications", NOTIFICATIONS, "user_id"),
        ("notifications/personal_data.py self._subscriptions", PUSH_SUBSCRIPTIONS, "user_id"),
        ("payments/personal_data.py self._ledger", LEDGER, "driver_id"),
        ("pricing/personal_data.py self._quotes", QUOTES, "rider_id"),
        ("rescues/personal_data.py self._messages", MESSAGES, "rescue_id"),
        ("rescues/personal_data.py self._photos", PHOTOS, "rescue_id"),
        ("tracking/personal_data.py self._segments", LOCATION_HISTORY, "driver_id"),
        ("drivers/personal_data.py self._documents", DRIVER_DOCUMENTS, "driver_id"),
        ("drivers/personal_data.py self._checks", DRIVER_CHECKS, "driver_id"),
    )
    for receiver, spec, field in scanned:
        yield query(f"{receiver}.scan", spec, {field: "x"}, how="scan", sorting="memory")
