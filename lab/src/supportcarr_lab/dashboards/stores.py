"""The database, its connections, caches and keys."""

from __future__ import annotations

from supportcarr_lab.dashboards.model import Dashboard, Panel, Query, quantile, rate, share_slower

OPERATIONS = "store_operation_duration_seconds"
# Removing an event that was published may wait for others on purpose, and nobody waits for it.
AWAITED = '{operation!~"mark_published|copy"}'
CACHES = "cache_requests_total"
_HITS = rate(CACHES, "cache", labels='{result="hit"}')

STORES = Dashboard(
    "stores",
    "stores",
    (
        Panel(
            "Duration of operations (p95)",
            "below 50 ms; reads by id below 5 ms.",
            "all are slow: the database's disk or CPU, or its connections. One is: a query without its index;"
            " run supportcarr check.",
            (Query(quantile(0.95, OPERATIONS, "operation", labels=AWAITED), "{{operation}}"),),
            "s",
            0.05,
        ),
        Panel(
            "Share slower than 50 ms",
            "below 5 %.",
            "the budget of the objective is being spent; see Duration of operations.",
            (Query(share_slower(OPERATIONS, 0.05, labels=AWAITED), "slower"),),
            "percentunit",
            0.05,
        ),
        Panel(
            "Operations",
            "a few dozen finds each second of every worker, which looks for deadlines; the rest"
            " follows requests.",
            "far more than requests explain: something polls or loops; see the route or job that grew"
            " with it.",
            (Query(rate(f"{OPERATIONS}_count", "operation"), "{{operation}}"),),
            "ops",
            stacked=True,
        ),
        Panel(
            "Connections in use",
            "below half of what a process may have (100 to one server of MongoDB).",
            "near all: operations are slow, or there are too many at once; more processes need more"
            " connections"
            " of the server, too.",
            (
                Query("max(store_connections_in_use)", "in use, of the busiest process"),
                Query("max(store_connections)", "open, of that with most"),
                Query("max(store_connections_max)", "allowed"),
            ),
        ),
        Panel(
            "Waits for a connection",
            "0.",
            "the pool is exhausted: Connections in use.",
            (
                Query("sum(store_connection_waiters)", "operations that wait"),
                Query(rate("store_connection_wait_seconds_total"), "seconds waited, per s (MongoDB)"),
                Query(rate("store_connection_failures_total"), "waits that failed, per s (MongoDB)"),
            ),
        ),
        Panel(
            "Hits of caches",
            "documents and sessions above 80 %; areas near 100 %.",
            "a sudden fall: the cache's Redis is away, or was emptied; the store has more to do meanwhile.",
            (
                Query(
                    f"{_HITS} / {rate(CACHES, 'cache')}",
                    "{{cache}}",
                ),
            ),
            "percentunit",
        ),
        Panel(
            "Look-ups in caches",
            "follows requests.",
            "see Hits of caches.",
            (Query(rate(CACHES, "cache, result"), "{{cache}} {{result}}"),),
            "ops",
            stacked=True,
        ),
        Panel(
            "Outages and conflicts (MongoDB)",
            "0; some conflicts where two people act on one rescue.",
            "unavailable: an election takes seconds and the driver repeats; minutes are the runbook of"
            " the store.",
            (
                Query(rate("store_unavailable_total"), "unavailable"),
                Query(rate("store_write_conflicts_total"), "conflicts"),
            ),
            "ops",
        ),
        Panel(
            "Writes",
            "a commit has several writes when there is much to do (SQLite).",
            "many wait: the disk is slow, or another process holds the lock.",
            (
                Query(rate("store_operations_total"), "operations, per s"),
                Query(rate("store_commits_total"), "commits, per s (SQLite)"),
                Query("sum(store_waiting)", "wait for a commit (SQLite)"),
                Query("sum(store_writing)", "in progress (MongoDB)"),
            ),
        ),
        Panel(
            "Wait for the lock (SQLite)",
            "a few milliseconds each second.",
            "too many processes write to one file: move to MongoDB, or run fewer.",
            (
                Query(rate("store_lock_wait_seconds_total"), "seconds waited, per s"),
                Query("max(store_longest_lock_wait_seconds)", "longest wait since the start"),
            ),
            "s",
        ),
        Panel(
            "Sessions in Redis",
            "writes follow requests; none is dropped.",
            "dropped: Redis is slow; a session may seem unused for longer than it was.",
            (
                Query(rate("session_cache_writes_total"), "written"),
                Query(rate("session_cache_dropped_total"), "dropped"),
            ),
            "ops",
        ),
        Panel(
            "Data keys",
            "reads and unwraps fall after a start, as keys are kept.",
            "many unwraps for long: more people than keys are kept for; the key service is asked each time.",
            (
                Query(rate("data_keys_reads_total"), "read, per s"),
                Query(rate("data_keys_unwrapped_total"), "unwrapped, per s"),
                Query(rate("data_keys_created_total"), "created, per s"),
                Query("max(data_keys_kept)", "kept, of the process with most"),
            ),
        ),
    ),
)
