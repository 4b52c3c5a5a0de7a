"""Every metric that the platform exports, and what it means.

``docs/metrics.md`` is generated from it.  A test compares it with what running processes export; metrics
of the Python runtime and of the process (``python_…``, ``process_…``) are those of ``prometheus_client``.
"""

from __future__ import annotations

from supportcarr.kit.observability.metrics import Described, Kind

_QUEUE = {"queue": "jobs, the only one"}
_CACHE_LABELS = {
    "cache": "documents, sessions, positions, areas or coverage",
    "result": "hit or miss",
}
_USE = {"use": "durable (streams, queue, limits) or cache"}


def _all(kind: Kind, **helps: str) -> tuple[Described, ...]:
    return tuple(Described(name, kind, text) for name, text in helps.items())


HTTP = (
    Described(
        "http_request_duration_seconds",
        "histogram",
        "Time from the first byte of a request to the last of its response.",
        {
            "method": "methods of HTTP, or OTHER",
            "route": "the route's template, or unmatched",
            "status": "the status code",
        },
    ),
    Described(
        "http_responses_total",
        "counter",
        "Responses, from the first one on: the share of errors is best taken of these.",
        {"status_class": "1xx to 5xx"},
    ),
    *_all(
        "gauge",
        http_requests_in_flight="Requests that are being answered.",
        http_connections_open="Open HTTP connections.",
    ),
    *_all(
        "counter",
        http_requests_rejected_total="Requests refused because no slot was free.",
        http_requests_rejected_of_client_total="Requests refused because their client had its share.",
        http_requests_timed_out_total="Requests that took longer than their time-out.",
        http_requests_rate_limited_total="Requests refused by a rate limit.",
        http_requests_closed_without_redis_total="Requests to routes that are closed while Redis is away.",
        http_connections_closed_for_others_total="Idle connections that were closed to make room.",
        http_connections_refused_total="Connections refused because there were too many.",
        rate_limits_fallbacks_total="Rate limits that were counted in the process, because Redis was away.",
        rate_limits_closed_total="Exact rate limits that refused a request, because Redis was away.",
        guesses_refused_total="Attempts to guess a secret that were refused for a while.",
        guesses_contended_total="Attempts to guess a secret that lost a race and were counted again.",
        stripe_webhooks_unknown_events_total="Signed webhooks of Stripe that have an unknown shape.",
    ),
)

REALTIME = (
    Described(
        "realtime_delivery_seconds",
        "histogram",
        "Time from the save of an event until it is handed to the writer of a client's socket.",
    ),
    *_all(
        "gauge",
        realtime_connected_clients="Clients that are connected and authenticated.",
        realtime_queued_frames="Frames that wait to be written, of all clients.",
        realtime_queued_frames_max="Frames that wait to be written to the slowest client.",
        realtime_pending_locations="Latest driver locations that wait for slow clients.",
        realtime_event_lag="Events in the streams that were not sent at the last broadcast of positions.",
    ),
    *_all(
        "counter",
        realtime_events_received_total="Events received from Redis.",
        realtime_locations_received_total="Driver locations received from Redis.",
        realtime_slow_clients_disconnected_total="Clients that were disconnected because they did not read.",
        realtime_connections_refused_total="Connections refused because their address or user had its share.",
    ),
)

EVENTS = (
    Described(
        "read_model_lag_seconds",
        "histogram",
        "Time from the commit of an event until a read model has it.",
    ),
    *_all(
        "gauge",
        outbox_waiting="Documents of this process whose events wait for their consumers.",
        outbox_retrying="Documents of this process with an event that a consumer has not taken yet.",
        outbox_lag_seconds="Age of the oldest event of the platform that is not published, or 0.",
    ),
    *_all(
        "counter",
        outbox_published_total="Events that every consumer has taken.",
        outbox_failures_total="Failed attempts to hand an event to a consumer.",
    ),
)

JOBS = (
    Described(
        "job_duration_seconds",
        "histogram",
        "Time that one run of a job took, also of one that failed.",
        {"job": "the names of the job handlers"},
    ),
    Described(
        "periodic_task_duration_seconds",
        "histogram",
        "Time that one run of a periodic task took.",
        {"task": "the names of the periodic tasks"},
    ),
    Described(
        "deadline_lateness_seconds",
        "histogram",
        "How late a deadline was fired for the first time, in seconds of wall time.",
        {"collection": "the collections that have deadlines"},
    ),
    Described("jobs_waiting", "gauge", "Jobs of the platform that are due and not running.", _QUEUE),
    Described(
        "jobs_lag_seconds", "gauge", "For how long the job has been due that has waited longest.", _QUEUE
    ),
    Described(
        "jobs_dead_letters",
        "gauge",
        "Jobs of the platform that failed too often and wait for a person.",
        _QUEUE,
    ),
    *_all("gauge", deadlines_in_flight="Deadlines that are being fired, or soon will be."),
    *_all(
        "counter",
        jobs_done_total="Jobs that succeeded.",
        jobs_failures_total="Runs of jobs that failed.",
        jobs_dead_total="Jobs that failed for the last time.",
        deadlines_fired_total="Deadlines that were fired.",
        deadlines_failures_total="Deadlines that failed, and are fired again.",
        periodic_tasks_runs_total="Runs of periodic tasks.",
        periodic_tasks_failures_total="Runs of periodic tasks that failed.",
    ),
)

_VERIFIED = {"verified": "ledger or audit_log"}
VERIFICATION = (
    Described(
        "verification_last_completed_timestamp_seconds",
        "gauge",
        "When all of it was verified for the last time (Unix time), with whatever result, or 0.",
        _VERIFIED,
    ),
    Described(
        "verification_findings",
        "gauge",
        "Documents or records that are wrong, until a later pass over all of it has found none.",
        _VERIFIED,
    ),
)

DISPATCH = (
    Described(
        "dispatch_tick_seconds",
        "histogram",
        "Time that one search for a driver took, with the offer that it made.",
    ),
    Described(
        "offers_total",
        "counter",
        "Offers by what happened to them.",
        {"outcome": "made, accepted, declined, expired or withdrawn"},
    ),
    Described(
        "rescues_live",
        "gauge",
        "Rescues of the platform that are in progress.",
        {"status": "the statuses that are neither final nor scheduled"},
    ),
    Described(
        "drivers_online", "gauge", "Drivers of the platform who are online.", {"state": "free or busy"}
    ),
    *_all(
        "gauge",
        rescues_longest_wait_seconds="For how long the rescue has waited that waits longest for a driver.",
    ),
)

_UNRESOLVED = {"status": "holding, requires_action, capturing or releasing"}
BUSINESS = (
    *_all(
        "counter",
        rescues_requested_total="Rescues that were requested, or whose scheduled time came.",
        rescues_scheduled_total="Rescues that were scheduled for later.",
        rescues_assigned_total="Assignments of a driver to a rescue.",
    ),
    Described(
        "rescues_ended_total", "counter", "Rescues that ended.", {"status": "the final statuses of a rescue"}
    ),
    Described(
        "sign_ups_total",
        "counter",
        "Roles that people with a verified phone took up.",
        {"person": "rider, driver, or a role of the staff"},
    ),
    Described(
        "payments_total",
        "counter",
        "Movements of payments.",
        {
            "kind": "hold, capture, release, fee, tip or refund",
            "status": "succeeded, failed or requires_action",
        },
    ),
    Described(
        "payments_unresolved",
        "gauge",
        "Payments of the platform that wait for an outcome at Stripe, or for the rider's bank.",
        _UNRESOLVED,
    ),
    Described(
        "payments_oldest_unresolved_seconds",
        "gauge",
        "For how long the oldest of them has been in that status, or 0.",
        _UNRESOLVED,
    ),
    Described(
        "payments_minor_units_total",
        "counter",
        "Amounts of the movements that succeeded, in minor units (cents) of their currency.",
        {"kind": "as in payments_total", "currency": "the currencies of the tariffs"},
    ),
)

STORES = (
    Described(
        "store_operation_duration_seconds",
        "histogram",
        "Time that an operation of the store took, without the reads that a cache answered.",
        {"operation": "the operations of the store's port (get, find, save, …), and copy"},
    ),
    Described("cache_requests_total", "counter", "Look-ups in a cache.", _CACHE_LABELS),
    Described("redis_connected", "gauge", "1 while the process has its connection to Redis, else 0.", _USE),
    Described("redis_round_trip_seconds", "gauge", "Time that the latest PING to Redis took.", _USE),
    *_all(
        "gauge",
        store_connections="Connections of this process to the database.",
        store_connections_max="Connections that this process may have to one server of the database.",
        store_connections_in_use="Connections of this process to the database that are in use.",
        store_connection_waiters="Operations that wait for a connection to the database.",
        store_waiting="Writes that wait for the next commit (SQLite).",
        store_largest_group="Writes in the largest commit since the process started (SQLite).",
        store_longest_lock_wait_seconds="Longest wait for the lock between processes (SQLite).",
        store_writing="Writes that are in progress (MongoDB).",
        data_keys_kept="Data keys that the process holds in memory.",
        signing_keys_verifying="Signing keys whose tokens are accepted.",
        revocation_known_sessions="Ended sessions that the process knows.",
        revocation_known_users="Users that the process knows to be signed out everywhere.",
        revocation_unpublished_sessions="Ended sessions that the process could not publish yet.",
        revocation_stale="1 while the process cannot follow the log of ended sessions, else 0.",
    ),
    *_all(
        "counter",
        store_operations_total="Operations of the database: writes (SQLite), all (MongoDB).",
        store_commits_total="Commits (SQLite).",
        store_lock_wait_seconds_total="Time spent waiting for the lock between processes (SQLite).",
        store_truncations_total="How often the write-ahead log was truncated (SQLite).",
        store_write_conflicts_total="Write conflicts that were retried (MongoDB).",
        store_unavailable_total="Operations that failed because the database was unavailable (MongoDB).",
        store_connection_wait_seconds_total="Time spent waiting for a connection (MongoDB).",
        store_connection_failures_total="Waits for a connection that failed (MongoDB).",
        redis_reconnects_total="How often the connection to Redis was made again.",
        session_cache_writes_total="Uses of sessions that were written to Redis.",
        session_cache_dropped_total="Uses of sessions that were not recorded, because too many waited.",
        data_keys_reads_total="Reads of data keys from the store.",
        data_keys_unwrapped_total="Data keys that were unwrapped.",
        data_keys_created_total="Data keys that were created.",
        signing_keys_look_ups_total="Look-ups of signing keys that the process did not know.",
        revocation_redis_lookups_total="Look-ups of one session in Redis.",
        revocation_store_lookups_total="Look-ups of one session in the store.",
        revocation_lookup_failures_total="Look-ups of one session that failed.",
        revocation_rebuilds_total="How often the log of ended sessions was built again from the store.",
    ),
)

CHANNELS = (
    *_all(
        "gauge",
        image_pool_processes="Processes that decode photos.",
        backup_expected="1 if backups are to be made by the platform's owner, 0 if not, or by a provider.",
        backup_last_success_timestamp_seconds="When the newest backup was begun (Unix time), or 0.",
    ),
    *_all(
        "counter",
        sms_sent_total="Text messages that the provider took.",
        sms_refused_total="Text messages that the provider refused.",
        sms_unavailable_total="Attempts to send a text message while the provider was unavailable.",
        sms_unknown_total="Text messages of which it is not known whether they were sent.",
        sms_delivered_total="Text messages that were delivered, as the provider says.",
        sms_undelivered_total="Text messages that were not delivered, as the provider says.",
        files_requested_total="Uploads that were begun.",
        files_completed_total="Uploads that arrived.",
        files_ready_total="Uploads that passed all checks.",
        files_refused_total="Uploads that were refused.",
        files_uploaded_bytes_total="Bytes of the uploads that arrived.",
        files_processing_seconds_total="Time spent on checking and copying uploads.",
        files_orphans_collected_total="Files that nothing referred to, and that were deleted.",
        image_pool_images_total="Photos that were decoded.",
        image_pool_killed_total="Processes that were ended because a photo took too long.",
        push_sent_total="Push messages that a push service took.",
        push_expired_total="Push messages that were too old to be sent.",
        push_removed_total="Push subscriptions that were removed because nobody has them any more.",
        push_refused_total="Push messages that a push service refused.",
        push_unavailable_total="Attempts to push while the push service was unavailable.",
        driver_checks_ordered_total="Checks of drivers that were ordered.",
        driver_checks_unavailable_total="Calls of a provider of checks that found it unavailable.",
        driver_checks_refused_total="Orders that a provider of checks refused.",
        driver_checks_ignored_webhooks_total="Webhooks of a provider of checks that were ignored.",
    ),
)

PROCESS = (
    *_all("gauge", tracing_spans_waiting="Spans that wait to be exported (with tracing only)."),
    *_all(
        "counter",
        tracing_spans_exported_total="Spans that were exported (with tracing only).",
        tracing_spans_dropped_total="Spans that were dropped, because too many waited (with tracing only).",
        error_reports_events_total="Errors that were reported to Sentry (with it only).",
        error_reports_suppressed_total="Errors that were not reported, being too many (with Sentry only).",
    ),
    Described(
        "event_loop_lag_seconds",
        "histogram",
        "How late the event loop ran what was due, sampled four times a second.",
    ),
    Described(
        "supportcarr_build_info",
        "gauge",
        "1, with the version of the platform and the role of the process.",
        {"version": "the release", "role": "api, realtime or worker"},
    ),
)

# By the dashboard that has most of a section's panels.
SECTIONS = {
    "Requests": HTTP,
    "Real time": REALTIME,
    "Events and read models": EVENTS,
    "Jobs and deadlines": JOBS,
    "Verification of what is stored": VERIFICATION,
    "Dispatch": DISPATCH,
    "Business and money": BUSINESS,
    "Stores, caches and keys": STORES,
    "Files and channels": CHANNELS,
    "Process": PROCESS,
}
CATALOGUE = tuple(described for section in SECTIONS.values() for described in section)
