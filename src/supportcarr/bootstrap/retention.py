"""How long each kind of data is kept, and what removes it: the one table, for every collection.

``docs/retention.md`` is generated from it.  ``Retention.enforce`` removes what has a rule; other rows name
the periodic task that does so, or why nothing does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal

import structlog

from supportcarr.audit.chain import AuditChain
from supportcarr.drivers.collections import SHIFTS
from supportcarr.kit.runtime.clock import Clock
from supportcarr.kit.store.port import CollectionSpec, Store
from supportcarr.kit.store.purge import purge_expired
from supportcarr.notifications.collections import NOTIFICATIONS
from supportcarr.privacy.collections import CHUNKS, DELETIONS, EXPORTS
from supportcarr.privacy.settings import PrivacySettings
from supportcarr.rescues.collections import MESSAGES, PHOTOS, SHARE_LINKS
from supportcarr.tracking.collections import LOCATION_HISTORY

DELETION_DAYS = 365

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Purge:
    """Removes the documents whose *field* is older than *days*."""

    spec: CollectionSpec[Any]
    field: str
    days: float
    clock: Literal["city", "wall"]


@dataclass(frozen=True, slots=True)
class RetentionRow:
    """One kind of data.  *purge* or *task* removes it by age; without them ``kept`` says why not.

    ``erasure`` says what happens to it when its person is erased.
    """

    data: str
    collections: tuple[str, ...]
    kept: str
    erasure: str
    purge: Purge | None = None
    task: str | None = None


PHOTO_DAYS = 365  # as ``FILES_EVIDENCE_DAYS`` is by default: afterwards they show nothing
GONE, UNTOUCHED = "erased", "holds nothing personal"
BY_KEY = "cannot be read any more: the data key is destroyed"


def retention_table(settings: PrivacySettings) -> tuple[RetentionRow, ...]:
    """The table, for the settings."""
    trails, notifications, messages = settings.trail_days, settings.notification_days, settings.message_days
    return (
        RetentionRow(
            "accounts",
            ("users",),
            "until the account is deleted; if its phone is not verified, for a day",
            "the id stays, with the name `Deleted account`; of an unverified account nothing",
            task="auth.purge_provisional_accounts",
        ),
        RetentionRow(
            "codes by SMS (no code, no number) and how many were requested (keyed hashes)",
            ("smscodes", "requestedtexts"),
            "3 days after they end; a day",
            "expire",
            task="auth.purge_sms_codes",
        ),
        RetentionRow(
            "text messages (no text, no number)",
            ("textmessages",),
            "30 days",
            UNTOUCHED,
            task="auth.purge_text_messages",
        ),
        RetentionRow(
            "data keys of people, wrapped",
            ("datakeys",),
            "until the account is deleted",
            "destroyed; the id stays, so that none is made again",
        ),
        RetentionRow(
            "words of names by which accounts are found (keyed hashes)",
            ("searchterms",),
            "until the name changes or the account is deleted",
            GONE,
        ),
        RetentionRow(
            "sessions",
            ("sessions",),
            "a day after they end",
            GONE,
            task="auth.purge_sessions",
        ),
        RetentionRow(
            "sessions that are in use: ids, last use (Redis)",
            (),
            "24 hours after the last use",
            "expire",
        ),
        RetentionRow(
            "partners and their API keys (keyed hashes)",
            ("partners", "apikeys"),
            "for as long as they are partners",
            UNTOUCHED,
        ),
        RetentionRow(
            "the list of operators (ids)", ("staff",), "for as long as they are operators", UNTOUCHED
        ),
        RetentionRow(
            "TOTP secrets (sealed) and recovery codes (keyed hashes)",
            ("secondfactors",),
            "until they or the account are removed",
            GONE,
        ),
        RetentionRow(
            "addresses at which an account was used (keyed hashes)",
            ("signinaddresses",),
            "16 at most, each for 90 days after its last use",
            GONE,
        ),
        RetentionRow(
            "attempts at passwords and codes (keyed hashes)",
            ("guesses",),
            "a day after the last one",
            GONE,
            task="auth.purge_guesses",
        ),
        RetentionRow(
            "riders' profiles (the live rescue)", ("riderprofiles",), "until the account is deleted", GONE
        ),
        RetentionRow(
            "riders' saved places and bikes",
            ("savedplaces", "bikes"),
            "until they or the account are removed",
            GONE,
        ),
        RetentionRow(
            "drivers' applications and papers", ("driverprofiles",), "until the account is deleted", GONE
        ),
        RetentionRow(
            "checks of drivers by providers (results are sealed)",
            ("driverchecks",),
            "until the account is deleted; what the provider holds, as its contract says",
            GONE,
        ),
        RetentionRow(
            "documents that drivers upload (numbers and reasons are sealed)",
            ("driverdocuments",),
            "until the account is deleted; replaced ones 365 days, as evidence",
            GONE,
            task="drivers.collect_documents",
        ),
        RetentionRow(
            "vehicles",
            ("vehicles",),
            "for as long as the rescues that refer to them",
            "the plate is erased; make, model and colour stay",
        ),
        RetentionRow(
            "drivers' shifts",
            ("shifts",),
            f"{settings.shift_days} days",
            GONE,
            purge=Purge(SHIFTS, "began_at", settings.shift_days, "city"),
        ),
        RetentionRow(
            "drivers' trails",
            ("trails",),
            f"{trails} days",
            "erased, with the driver's and with the rider's account",
            purge=Purge(LOCATION_HISTORY, "began_at", trails, "city"),
        ),
        RetentionRow(
            "drivers' current or last jobs",
            ("livejobs",),
            "until the next job",
            "erased, with the driver's and with the rider's account",
        ),
        RetentionRow("drivers' last positions (Redis)", (), "10 minutes after the last report", GONE),
        RetentionRow(
            "events of people's streams (Redis)", (), "an hour after a stream's last event", "expire"
        ),
        RetentionRow(
            "quotes",
            ("quotes",),
            "a day after they expire, two days if a rescue has them",
            GONE,
            task="pricing.forget_quotes",
        ),
        RetentionRow(
            "rescues",
            ("rescuerequests", "opsrescues", "dispatchcases", "offers"),
            "for the books: not removed by age",
            "note, PIN and reasons are erased, places are kept to about a kilometre",
        ),
        RetentionRow(
            "chat messages",
            ("messages",),
            f"{messages} days",
            "those that the person wrote are erased",
            purge=Purge(MESSAGES, "at", messages, "city"),
        ),
        RetentionRow(
            "ratings and averages",
            ("ratings", "ratingsummaries"),
            "as long as their people's accounts; what nobody rated for 30 days",
            "what the person wrote, what was written about them, and their averages are erased; the stars "
            "that they gave stay, by id",
        ),
        RetentionRow(
            "photos of rescues: who took them, when, and what they say",
            ("rescuephotos",),
            f"{PHOTO_DAYS} days",
            "notes that the person wrote are erased",
            purge=Purge(PHOTOS, "at", PHOTO_DAYS, "city"),
        ),
        RetentionRow(
            "links by which others follow a rescue (keyed hashes of their tokens)",
            ("sharelinks",),
            "a day after they end",
            GONE,
            purge=Purge(SHARE_LINKS, "expires_at", 1, "city"),
        ),
        RetentionRow("cards", ("paymentmethods", "paymentaccounts"), "until they are removed", GONE),
        RetentionRow(
            "payments and the ledger",
            ("paymentrecords", "ledgertransactions"),
            "for the books: not removed by age",
            "stay under the person's id, a pseudonym from then on",
        ),
        RetentionRow(
            "Stripe's webhooks (ids)",
            ("stripeevents",),
            "30 days after they were handled",
            UNTOUCHED,
            task="payments.forget_stripe_events",
        ),
        RetentionRow("the roster of drivers", ("roster",), "until the account is deleted", GONE),
        RetentionRow(
            "notifications",
            ("notifications",),
            f"{notifications} days",
            GONE,
            purge=Purge(NOTIFICATIONS, "at", notifications, "city"),
        ),
        RetentionRow(
            "browsers that show a person's notifications: address and keys (sealed)",
            ("pushsubscriptions",),
            "as long as the session in which they subscribed; until the browser has unsubscribed",
            GONE,
            task="notifications.purge_push_subscriptions",
        ),
        RetentionRow(
            "the audit log",
            ("auditlog", "audithead"),
            f"{settings.audit_days} days",
            f"ids, actions and times stay, or the chain would break; the rest {BY_KEY}",
            task="privacy.enforce_retention",
        ),
        RetentionRow(
            "exports",
            ("exports", "exportchunks"),
            f"{settings.export_days:g} days; at most three of a person",
            GONE,
            purge=Purge(EXPORTS, "expires_at", 0, "wall"),
        ),
        RetentionRow(
            "files that people upload, and their copies (S3 or this machine)",
            ("files",),
            "while something uses them, else a day; photos of rescues 365 days; documents of drivers 365 "
            "days after they were replaced",
            "erased; photos of rescues stay for their time, as evidence",
            task="files.collect",
        ),
        RetentionRow(
            "deletions of accounts (ids and times)",
            ("deletions",),
            f"{DELETION_DAYS} days after the erasure",
            "stay, by id",
            purge=Purge(DELETIONS, "erased_at", DELETION_DAYS, "city"),
        ),
        RetentionRow(
            "idempotency keys (keyed hashes)",
            ("idempotency",),
            "48 hours",
            UNTOUCHED,
            task="gateway.forget_idempotency_keys",
        ),
        RetentionRow(
            "jobs that are done (the events that caused them)", ("jobs",), "a day", "expire within a day"
        ),
        RetentionRow(
            "prices, areas, the city's clock, leases, signing keys, look-up keys, results of verifications "
            "(ids of documents)",
            (
                "tariffs",
                "serviceareas",
                "cityclock",
                "leases",
                "signingkeys",
                "lookupkeys",
                "verifications",
            ),
            "for as long as they are used",
            UNTOUCHED,
        ),
    )


class Retention:
    """Removes what has been kept for as long as the table says."""

    def __init__(self, store: Store, clock: Clock, settings: PrivacySettings, chain: AuditChain) -> None:
        self._store = store
        self._clock = clock
        self._rows = retention_table(settings)
        self._audit_days = settings.audit_days
        self._chain = chain

    @property
    def purges(self) -> Sequence[Purge]:
        """What is removed by age here; chunks of exports go with them."""
        return [*(row.purge for row in self._rows if row.purge), Purge(CHUNKS, "expires_at", 0, "wall")]

    async def enforce(self) -> None:
        """Remove what is too old.  Idempotent."""
        for purge in self.purges:
            now = self._clock.city() if purge.clock == "city" else self._clock.wall()
            collection = self._store.collection(purge.spec)
            removed = await purge_expired(collection, purge.field, now - timedelta(days=purge.days))
            if removed:
                log.info("old_documents_removed", collection=purge.spec.name, documents=removed)
        removed = await self._chain.purge(self._clock.wall() - timedelta(days=self._audit_days))
        if removed:
            log.info("old_audit_records_removed", records=removed)
