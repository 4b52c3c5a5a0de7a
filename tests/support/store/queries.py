"""Every query that the code sends to the store, with its caller.

``test_declared_queries`` compares this list with the code.  Tests check the plan of each query on every
engine that explains its plans.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

import supportcarr
import supportcarr_lab
from support.store.privacy_queries import (
    PRIVACY_CALLS,
    PURGED,
    audit_queries,
    file_queries,
    privacy_queries,
)
from supportcarr.auth.collections import (
    REQUESTED_TEXTS,
    SESSIONS,
    SMS_CODES,
    TEXT_MESSAGES,
    USERS,
)
from supportcarr.auth.signing_keys import SIGNING_KEYS
from supportcarr.contracts.rescues import LIVE, WAITING
from supportcarr.dispatch.collections import CASES, OFFERS, ROSTER
from supportcarr.drivers.collections import DRIVER_CHECKS, DRIVER_DOCUMENTS, PROFILES, SHIFTS, VEHICLES
from supportcarr.gateway.idempotency import CLAIMS
from supportcarr.kit.jobs.service import JOBS
from supportcarr.kit.jobs.verification import STATES
from supportcarr.kit.sealing.data_keys import DATA_KEYS
from supportcarr.kit.sealing.search_terms import SEARCH_TERMS
from supportcarr.kit.store.port import Collection, CollectionSpec, In, Range, Where
from supportcarr.notifications.collections import NOTIFICATIONS, PUSH_SUBSCRIPTIONS
from supportcarr.operations.repository import OPS_RESCUES
from supportcarr.partners.collections import API_KEYS, PARTNERS
from supportcarr.payments.collections import EVENTS, LEDGER, METHODS, RECORDS
from supportcarr.pricing.collections import AREAS, QUOTES
from supportcarr.privacy.collections import DELETIONS
from supportcarr.ratings.collections import RATINGS, SUMMARIES
from supportcarr.rescues.collections import MESSAGES, PHOTOS, RESCUES, SHARE_LINKS
from supportcarr.riders.collections import BIKES, PLACES, RIDERS
from supportcarr.tracking.collections import CURRENT_JOBS, LOCATION_HISTORY

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
DOCUMENTS_OF = "drivers/driver_documents/service.py self._documents"
SINCE, UNTIL = Range(ge=NOW), Range(lt=NOW)
UNRESOLVED: Where = {"status": "holding", "unresolved_since": SINCE}

Sorting = Literal["index", "merge", "memory"]


@dataclass(frozen=True)
class Query:
    """One ``find``, ``count`` or ``scan``.

    ``sorting`` says how the engine may order the result.  ``index``: by the index alone.  ``memory``: few
    documents match, or they are read in batches, so the engine may sort them.  ``merge``: several ranges
    of an index are merged; SQLite sorts for that, MongoDB does not.
    """

    caller: str  # FILE RECEIVER.METHOD, as in ``calls_in_code``
    spec: CollectionSpec[Any]
    where: Where = field(default_factory=dict)
    sort: str = "id"
    how: Literal["find", "count", "scan"] = "find"
    sorting: Sorting = "index"

    def __str__(self) -> str:
        fields = ",".join(self.where) or "all"
        return f"{self.spec.name}.{self.how}({fields};{self.sort})"

    async def run(self, collection: Collection[Any]) -> None:
        """Run it on *collection*."""
        if self.how == "find":
            await collection.find(self.where, sort=self.sort, limit=20)
        elif self.how == "count":
            await collection.count(self.where)
        else:
            async for _ in collection.scan(self.where):
                break


def _purge(spec: CollectionSpec[Any], by: str) -> Query:
    return Query("kit/store/purge.py collection.find", spec, {by: UNTIL}, by)


def _due(spec: CollectionSpec[Any]) -> Query:
    return Query("kit/jobs/deadlines.py watched.collection.find", spec, {"due_at": UNTIL}, "due_at")


def _verification(name: str, spec: CollectionSpec[Any]) -> Query:
    return Query(
        f"supportcarr_lab/verification/store_source.py self._store.collection({name}).scan", spec, how="scan"
    )


def _operations() -> Iterator[Query]:
    rows = "operations/repository.py self._rows"
    newest = "-requested_at"
    several = In(tuple(sorted(LIVE)))
    yield Query(f"{rows}.find", OPS_RESCUES, {}, newest)
    ways: tuple[tuple[str | In, Sorting], ...] = (("matching", "index"), (several, "merge"))
    for statuses, sorting in ways:
        yield Query(f"{rows}.find", OPS_RESCUES, {"status": statuses}, newest, sorting=sorting)
        both: Where = {"area_id": "montreal", "status": statuses}
        yield Query(f"{rows}.find", OPS_RESCUES, both, newest, sorting=sorting)
    for person_field in ("area_id", "rider_id", "driver_id"):
        yield Query(f"{rows}.find", OPS_RESCUES, {person_field: "x"}, newest)
    yield Query(f"{rows}.find", OPS_RESCUES, {"needs_attention": True}, newest)
    waiting = In(WAITING)
    # Few rescues wait at a time, so the engine may sort them.
    yield Query(f"{rows}.find", OPS_RESCUES, {"status": waiting}, "waiting_since", sorting="memory")
    in_area: Where = {"area_id": "montreal", "status": waiting}
    yield Query(f"{rows}.find", OPS_RESCUES, in_area, "waiting_since", sorting="memory")
    yield Query(f"{rows}.count", OPS_RESCUES, {"status": "matching"}, how="count")
    yield Query(f"{rows}.count", OPS_RESCUES, {"status": "matching", "area_id": "x"}, how="count")
    under_way: Where = {"area_id": "montreal", "status": several}
    yield Query(f"{rows}.scan", OPS_RESCUES, under_way, how="scan", sorting="memory")
    ended: Where = {"area_id": "montreal", "ended_at": SINCE}
    yield Query(f"{rows}.scan", OPS_RESCUES, ended, how="scan", sorting="memory")


def _own_rescues() -> Iterator[Query]:
    live: Where = {"driver_id": "usr_1", "status": In(tuple(sorted(LIVE)))}
    # A driver has few rescues that are live.
    yield Query("rescues/live_jobs.py self._rescues.find", RESCUES, live, sorting="memory")
    caller = "rescues/queries.py self._rescues.find"
    for person_field in ("rider_id", "driver_id"):
        for sort in ("created_at", "-created_at"):
            yield Query(caller, RESCUES, {person_field: "usr_1"}, sort)
            yield Query(caller, RESCUES, {person_field: "usr_1", "status": In(tuple(sorted(LIVE)))}, sort)
            yield Query(caller, RESCUES, {person_field: "usr_1", "status": "completed"}, sort)
    recent = "rescues/recent_places.py self._rescues.find"
    yield Query(recent, RESCUES, {"rider_id": "usr_1"}, "-created_at")


def _push_subscriptions() -> Iterator[Query]:
    of_person: Where = {"user_id": "usr_1"}
    for file in ("service", "delivery"):
        caller = f"notifications/push/{file}.py self._subscriptions"
        yield Query(f"{caller}.find", PUSH_SUBSCRIPTIONS, of_person)
    yield Query("notifications/push/service.py self._subscriptions.scan", PUSH_SUBSCRIPTIONS, how="scan")


def _possessions() -> Iterator[Query]:
    service, data = "riders/possession_service.py self.", "riders/personal_data.py self."
    kinds: tuple[tuple[str, CollectionSpec[Any]], ...] = (("_places", PLACES), ("_bikes", BIKES))
    for name, spec in kinds:
        yield Query(f"{service}_owned.find", spec, {"rider_id": "usr_1"})
        yield Query(f"{service}_owned.count", spec, {"rider_id": "usr_1"}, how="count")
        yield Query(f"{data}{name}.scan", spec, {"rider_id": "usr_1"}, how="scan")


QUERIES: tuple[Query, ...] = (
    Query(
        "rescues/live_jobs.py self._rescues.find",
        RESCUES,
        {"driver_id": "usr_1", "status": In(tuple(sorted(LIVE)))},
        sorting="memory",  # all rescues of one driver are looked at, when they change or remove a vehicle
    ),
    *(
        Query("auth/phone_directory.py self._users.find", USERS, {field: "x"}, sorting="memory")
        for field in ("phone_key", "phone_key_odd")
    ),
    Query("auth/phone_directory.py self._users.scan", USERS, how="scan"),
    Query("auth/name_index.py self._users.scan", USERS, how="scan"),
    *(
        Query("drivers/plates.py self._vehicles.find", VEHICLES, {field: "x"}, sorting="memory")
        for field in ("plate_key", "plate_key_odd")
    ),
    Query("drivers/plates.py self._vehicles.scan", VEHICLES, how="scan"),
    Query("kit/sealing/search_terms.py self._terms.find", SEARCH_TERMS, {"subject": "usr_1"}),
    Query("kit/sealing/search_terms.py self._terms.find", SEARCH_TERMS, {"term": "x"}, "-subject"),
    Query("auth/code_texts.py self._messages.find", TEXT_MESSAGES, {"provider_id": "x"}),
    Query("auth/registration.py self._users.find", USERS, {"provisional_until": UNTIL}, "provisional_until"),
    Query("auth/revocations.py collection.find", SESSIONS, {"ended_at": SINCE}, "ended_at"),
    Query("dispatch/service.py self._offers.find", OFFERS, {"rescue_id": "res_qc_1"}, sorting="memory"),
    Query("dispatch/reconciler.py self._roster.find", ROSTER, {"claim_until": UNTIL}, "claim_until"),
    Query("dispatch/service.py self._offers.find", OFFERS, {"driver_id": "usr_1", "state": "open"}),
    Query("dispatch/service.py self._offers.find", OFFERS, {"rescue_id": "res_qc_1", "state": "open"}),
    Query("dispatch/supply.py self._roster.find", ROSTER, {"busy_area": "montreal"}),
    Query("drivers/service.py self._profiles.find", PROFILES),
    Query("drivers/service.py self._profiles.find", PROFILES, {"approval": "pending"}),
    Query("drivers/service.py self._profiles.find", PROFILES, {"stage": "draft"}),
    Query("drivers/service.py self._profiles.find", PROFILES, {"review_since": SINCE}, "review_since"),
    Query("drivers/service.py self._profiles.count", PROFILES, {"review_since": SINCE}, how="count"),
    Query(
        "drivers/service.py self._profiles.find",
        PROFILES,
        {"stage": "submitted", "review_since": SINCE},
        "review_since",
    ),
    _due(RESCUES),
    _due(CASES),
    _due(OFFERS),
    Query("kit/jobs/service.py self.documents.find", JOBS, {"state": "ready", "run_at": UNTIL}, "run_at"),
    Query("kit/jobs/service.py self.documents.find", JOBS, {"state": "done", "run_at": UNTIL}, "run_at"),
    Query("kit/jobs/service.py self.documents.find", JOBS, {"state": "dead"}, "run_at"),
    Query("kit/jobs/service.py documents.find", JOBS, {"state": "dead"}, "run_at"),
    Query("kit/jobs/service.py self.documents.count", JOBS, {"state": "dead"}, how="count"),
    Query("kit/jobs/service.py self.documents.count", JOBS, {"state": "ready", "run_at": UNTIL}, how="count"),
    _purge(SESSIONS, "expires_at"),
    _purge(SMS_CODES, "expires_at"),
    _purge(REQUESTED_TEXTS, "expires_at"),
    _purge(TEXT_MESSAGES, "forget_at"),
    _purge(CLAIMS, "expires_at"),
    _purge(QUOTES, "forget_at"),
    _purge(EVENTS, "handled_at"),
    Query("notifications/service.py self._notifications.find", NOTIFICATIONS, {"user_id": "usr_1"}, "-at"),
    *_push_subscriptions(),
    *_operations(),
    Query("payments/ledger_service.py self._transactions.find", LEDGER, {"driver_id": "usr_1"}, "-at"),
    Query(
        "payments/ledger_service.py self._transactions.find",
        LEDGER,
        {"driver_id": "usr_1", "at": UNTIL},
        "at",
    ),
    Query("payments/cards.py self._methods.find", METHODS, {"rider_id": "usr_1"}),
    Query(
        "payments/cards.py self._methods.find", METHODS, {"stripe_payment_method": "pm_1"}, sorting="memory"
    ),
    Query("rescues/chat.py self._messages.find", MESSAGES, {"rescue_id": "res_qc_1"}),
    Query("rescues/chat.py self._messages.find", MESSAGES, {"rescue_id": "res_qc_1"}, "-id"),
    Query("supportcarr_lab/town/seeding.py store.collection(spec).count", RESCUES, how="count"),
    Query("rescues/share_links.py self._links.scan", SHARE_LINKS, {"rescue_id": "res_qc_1"}, how="scan"),
    Query(
        "rescues/share_links.py self._links.find",
        SHARE_LINKS,
        {"token_hash": In(("a", "b"))},
        sorting="memory",
    ),
    Query(
        "tracking/location_history.py self._segments.scan",
        LOCATION_HISTORY,
        {"rescue_id": "res_qc_1"},
        how="scan",
        sorting="memory",
    ),
    Query("rescues/photos.py self._photos.scan", PHOTOS, {"rescue_id": "res_qc_1"}, how="scan"),
    Query("rescues/chat.py self._messages.count", MESSAGES, {"rescue_id": "res_qc_1"}, how="count"),
    *_own_rescues(),
    *audit_queries(Query, SINCE),
    *privacy_queries(Query),
    *file_queries(Query, SINCE, UNTIL),
    *(_purge(spec, field) for spec, field in PURGED),
    _due(DELETIONS),
    Query("riders/service.py self._riders.find", RIDERS, {"claim_until": UNTIL}, "claim_until"),
    *_possessions(),
    *(
        Query("ratings/personal_data.py self._ratings.find", RATINGS, {side: "usr_1"}, "ended_at")
        for side in ("rider_id", "driver_id")
    ),
    Query("ratings/service.py self._ratings.find", RATINGS, {"review_since": UNTIL}, "review_since"),
    Query("drivers/personal_data.py self._shifts.find", SHIFTS, {"driver_id": "usr_1"}, "began_at"),
    Query("drivers/shift_service.py self._shifts.find", SHIFTS, {"driver_id": "usr_1"}, "-began_at"),
    Query(
        "drivers/shift_service.py self._shifts.find",
        SHIFTS,
        {"driver_id": "usr_1", "began_at": UNTIL},
        "-began_at",
    ),
    Query(
        f"{DOCUMENTS_OF}.scan",
        DRIVER_DOCUMENTS,
        {"driver_id": In(("usr_1", "usr_2")), "state": In(("approved", "pending"))},
        how="scan",
        sorting="memory",  # a driver has few
    ),
    Query(
        "drivers/checks/service.py self._checks.scan",
        DRIVER_CHECKS,
        {"driver_id": In(("usr_1", "usr_2"))},
        how="scan",
        sorting="memory",  # a driver has few
    ),
    *(
        Query(
            "drivers/driver_documents/service.py self._documents.find",
            DRIVER_DOCUMENTS,
            {field: UNTIL},
            field,
        )
        for field in ("unattached_since", "replaced_at")
    ),
    _due(RATINGS),
    _due(SHIFTS),
    _due(DRIVER_CHECKS),
    # Whole collections in order of id: small ones, the ledger, and what the verification reads.
    Query("pricing/geography.py self._areas.scan", AREAS, how="scan"),
    Query("payments/ledger_service.py self._transactions.scan", LEDGER, how="scan"),
    Query("payments/ledger_verification.py collection.find", LEDGER),
    Query("payments/ledger_verification.py collection.find", RECORDS),
    Query("payments/unresolved.py self._records.find", RECORDS, UNRESOLVED, "unresolved_since"),
    Query("payments/unresolved.py self._records.count", RECORDS, UNRESOLVED, how="count"),
    Query("bootstrap/checks.py store.collection(STATES).find", STATES),
    _verification("PHOTOS", PHOTOS),
    _verification("PROFILES", PROFILES),
    _verification("LEDGER", LEDGER),
    _verification("RATINGS", RATINGS),
    _verification("SUMMARIES", SUMMARIES),
    _verification("CURRENT_JOBS", CURRENT_JOBS),
    _verification("NOTIFICATIONS", NOTIFICATIONS),
    _verification("OFFERS", OFFERS),
    _verification("RECORDS", RECORDS),
    _verification("RESCUES", RESCUES),
    _verification("RIDERS", RIDERS),
    _verification("ROSTER", ROSTER),
    Query("auth/revocations.py collection.find", SESSIONS, {"ended_at": SINCE}, "ended_at"),
    Query("auth/session_service.py self._sessions.find", SESSIONS, {"user_id": "x"}),
    Query("auth/session_service.py self._sessions.find", SESSIONS, {"user_id": "x"}, "-id"),
    Query("auth/signing_keys.py self._collection.find", SIGNING_KEYS),
    Query("auth/staff_list.py self._users.scan", USERS, how="scan"),
    Query("partners/key_verifier.py self._keys.find", API_KEYS, {"prefix": "x"}),
    Query("partners/service.py self._keys.find", API_KEYS, {"prefix": "x"}),
    Query("partners/service.py self._keys.find", API_KEYS, {"partner_id": "x"}, "-id"),
    Query("partners/service.py self._partners.find", PARTNERS, sort="-id"),
    Query("kit/sealing/data_keys.py self._keys.find", DATA_KEYS, sort="-keyset_key"),
    Query("kit/sealing/data_keys.py self._keys.find", DATA_KEYS, {"destroyed_at": SINCE}, "destroyed_at"),
    Query("kit/sealing/data_keys.py self._keys.count", DATA_KEYS, how="count"),
    Query("kit/sealing/rotation.py keys.find", DATA_KEYS, {"keyset_key": Range(ge=1)}, "keyset_key"),
    Query("kit/sealing/rotation.py keys.find", DATA_KEYS, {"keyset_key": Range(ge=1, lt=9)}, "keyset_key"),
    Query("kit/sealing/rotation.py keys.count", DATA_KEYS, {"keyset_key": 1}, how="count"),
    Query("supportcarr_lab/verification/store_source.py jobs.count", JOBS, {"state": "ready"}, how="count"),
    Query("supportcarr_lab/verification/store_source.py jobs.count", JOBS, {"state": "dead"}, how="count"),
)

# Calls of methods with these names that are not store queries, or that lead to one listed above.
OTHER_CALLS = frozenset(
    {
        *PRIVACY_CALLS,
        "supportcarr_lab/demo/fault_injection.py itertools.count",
        "auth/access_tokens.py self._keys.find",
        "ratings/average.py stars.count",
        "auth/code_texts.py self._directory.find",
        "auth/code_texts.py self._sender.find",
        "auth/name_index.py self._terms.find",
        "auth/people.py self._names.find",
        "auth/service.py self._directory.find",
        "bootstrap/people_search.py self._people.find",
        "bootstrap/process_metrics.py jobs.count",
        "operations/service.py self._people.find",
        "auth/people_routes.py people.find",
        "auth/signing_keys.py self.find",
        "kit/sealing/rotation.py collection.inner.scan",
        "kit/sealing/store.py self.inner.find",
        "kit/sealing/store.py self.inner.scan",
        "partners/routes.py service.find",
        "drivers/routes.py service.find",
        "drivers/routes.py people.find",
        "files/processing.py self._scanner.scan",
        "drivers/applications/routes.py service.find",
        "drivers/service.py self.find",
        "gateway/router.py self.find",
        "gateway/decoding.py query.count",
        "gateway/pipeline.py itertools.count",
        "gateway/pipeline.py self._limits.count",
        "supportcarr_lab/simulator/demand.py rows.fieldnames.count",
        "kit/jobs/worker.py names.count",
        "kit/events/relay.py names.count",
        "operations/service.py self._drivers.count",
        "operations/service.py self._rescues.count",
        "payments/service.py self._gateway.find",
        "rescues/admin_view.py self._chat.count",
    }
)


def calls_in_code() -> dict[str, set[str]]:
    """The calls of ``find``, ``count`` and ``scan`` outside of the engines and the emulators.

    Maps each ``FILE RECEIVER.METHOD`` to the distinct conditions in its calls, as source text.
    """
    roots = Path(supportcarr.__file__).parent, Path(supportcarr_lab.__file__).parent
    found: defaultdict[str, set[str]] = defaultdict(set)
    for file in sorted(file for root in roots for file in root.rglob("*.py")):
        root = next(root for root in roots if file.is_relative_to(root))
        name = file.relative_to(root if root is roots[0] else root.parent).as_posix()
        if name.startswith(
            ("kit/store/mongo", "kit/store/sqlite", "providers/", "supportcarr_lab/emulators/")
        ):
            continue
        for node in ast.walk(ast.parse(file.read_text())):
            call = node.func if isinstance(node, ast.Call) else None
            if isinstance(call, ast.Attribute) and call.attr in ("find", "count", "scan"):
                assert isinstance(node, ast.Call)
                if node.args and isinstance(node.args[0], ast.Constant) and type(node.args[0].value) is bytes:
                    continue  # it looks into bytes
                found[f"{name} {ast.unparse(call)}"].add(ast.unparse(node.args[0]) if node.args else "")
    return dict(found)
