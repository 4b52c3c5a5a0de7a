"""Work after the answer: events, read models, jobs and periodic tasks."""

from __future__ import annotations

from supportcarr_lab.dashboards.model import JOB_NAME, Dashboard, Panel, Query, quantile, quantiles, rate

BACKGROUND = Dashboard(
    "background",
    "background work",
    (
        Panel(
            "Age of the oldest event",
            "below 1 s.",
            "the log's outbox_consumer_failed lines name the consumer that does not take it; later"
            " events of the"
            " same document wait.",
            (Query("max(outbox_lag_seconds)", "oldest"),),
            "s",
            30,
        ),
        Panel(
            "Outbox",
            "a few documents wait; none is retried.",
            "many are retried: a consumer fails, or Redis or the store is away.",
            (
                Query("sum(outbox_waiting)", "wait"),
                Query("sum(outbox_retrying)", "are retried"),
            ),
        ),
        Panel(
            "Events published",
            "follows requests; failures are 0.",
            "failures: the log's outbox_consumer_failed lines.",
            (
                Query(rate("outbox_published_total"), "published"),
                Query(rate("outbox_failures_total"), "failed"),
            ),
            "ops",
        ),
        Panel(
            "Lag of read models",
            "p95 below 100 ms.",
            "the console shows old states: the store is slow, or events wait (Outbox).",
            quantiles("read_model_lag_seconds"),
            "s",
            1,
        ),
        Panel(
            "Jobs that wait",
            "near 0.",
            "grows: too few workers, or a service that jobs call is slow (Duration of jobs).",
            (Query("max by (queue) (jobs_waiting)", "{{queue}}"),),
            limit=100,
        ),
        Panel(
            "Longest wait of a job",
            "below 2 s.",
            "as Jobs that wait; if Redis is away, workers find jobs by their sweeps, seconds later.",
            (Query("max by (queue) (jobs_lag_seconds)", "{{queue}}"),),
            "s",
            60,
        ),
        Panel(
            "Dead letters",
            "0.",
            "the console lists them with their last error; mend the cause, then run them again.",
            (Query("max by (queue) (jobs_dead_letters)", "{{queue}}"),),
        ),
        Panel(
            "Jobs done",
            "failures are rare, and repeated.",
            "the log's job_failed lines have the job and the error.",
            (
                Query(rate("jobs_done_total"), "done"),
                Query(rate("jobs_failures_total"), "failed"),
                Query(rate("jobs_dead_total"), "failed for the last time"),
            ),
            "ops",
        ),
        Panel(
            "Duration of jobs (p95)",
            "below 2 s; exports and photos take longer.",
            "the service that the job calls is slow; jobs of others go on.",
            (Query(f"topk(10, {quantile(0.95, 'job_duration_seconds', JOB_NAME)})", "{{exported_job}}"),),
            "s",
        ),
        Panel(
            "Duration of periodic tasks (p95)",
            "far below the interval of each.",
            "a task that takes longer than its interval runs late: it reads too much.",
            (Query(f"topk(10, {quantile(0.95, 'periodic_task_duration_seconds', 'task')})", "{{task}}"),),
            "s",
        ),
        Panel(
            "Periodic tasks",
            "runs are steady; failures are 0.",
            "no runs: no worker holds the lease, so none is alive. Failures: periodic_task_failed in"
            " the log.",
            (
                Query(rate("periodic_tasks_runs_total"), "runs"),
                Query(rate("periodic_tasks_failures_total"), "failed"),
            ),
            "ops",
        ),
        Panel(
            "Since the last verification",
            "below two hours: ledger and audit log are read from end to end each hour; longer if they are"
            " large.",
            "grows: the task verify.ledger or verify.audit_log fails (Periodic tasks), or the collection has"
            " become too large for a day.",
            (
                Query(
                    "time() - max by (verified) (verification_last_completed_timestamp_seconds)",
                    "{{verified}}",
                ),
            ),
            "s",
            26 * 3600,
        ),
        Panel(
            "Findings of verifications",
            "0.",
            "somebody is woken: supportcarr check lists them; money or the record of who did what is wrong.",
            (Query("max by (verified) (verification_findings)", "{{verified}}"),),
            limit=1,
        ),
        Panel(
            "Age of the newest backup",
            "below a day, where backups are made on a schedule.",
            "the schedule does not run, or cannot write: the runbook of backups. Decades: there is none.",
            (Query("time() - max(backup_last_success_timestamp_seconds)", "age"),),
            "s",
            26 * 3600,
        ),
        Panel(
            "Backups expected",
            "1 outside of development, unless a provider makes them.",
            "1, and Age of the newest backup is empty: where MongoDB's CronJob makes none either, there is no"
            " backup at all.",
            (Query("max(backup_expected)", "expected"),),
        ),
    ),
)
