"""Rescues and revenue, and what people are told."""

from __future__ import annotations

from supportcarr_lab.dashboards.model import Dashboard, Panel, Query, rate

INCOME = '{kind=~"capture|fee|tip"}'


def hourly(metric: str, by: str = "", *, labels: str = "") -> str:
    """Per hour, at the rate of the last hour: steadier than that of the last minutes."""
    grouped = f" by ({by})" if by else ""
    return f"sum{grouped} (increase({metric}{labels}[1h]))"


AMOUNTS = "payments_minor_units_total"
_TAKEN = hourly(AMOUNTS, "currency", labels=INCOME)
_GIVEN_BACK = hourly(AMOUNTS, "currency", labels='{kind="refund"}')
# In major units; all our currencies have a hundred minor ones.
REVENUE = f"({_TAKEN} - ({_GIVEN_BACK} or 0 * {_TAKEN})) / 100"
ENDED = "rescues_ended_total"
_COMPLETED = hourly(ENDED, labels='{status="completed"}')

BUSINESS = Dashboard(
    "business",
    "business",
    (
        Panel(
            "Rescues per hour",
            "follows the day of the city; assigned is about as much as requested.",
            "requests fall to 0 in daytime: people cannot sign in, pay or see coverage; try it"
            " yourself. Assigned"
            " falls behind: Dispatch.",
            (
                Query(hourly("rescues_requested_total"), "requested"),
                Query(hourly("rescues_assigned_total"), "assigned"),
                Query(hourly("rescues_scheduled_total"), "scheduled for later"),
                Query(_COMPLETED, "completed"),
            ),
        ),
        Panel(
            "Ends of rescues per hour",
            "most are completed.",
            "unserved: too few drivers. Rejected: cards, or the payment provider (Money). Cancelled:"
            " waits are"
            " too long.",
            (Query(hourly(ENDED, "status"), "{{status}}"),),
            stacked=True,
        ),
        Panel(
            "Share of rescues completed",
            "above 80 %.",
            "see Ends of rescues for what they end with instead.",
            (
                Query(
                    f"{_COMPLETED} / {hourly(ENDED)}",
                    "completed, last hour",
                ),
            ),
            "percentunit",
        ),
        Panel(
            "Revenue per hour",
            "follows completed rescues; in the currency's major units, refunds taken off.",
            "rescues are completed and nothing is captured: Money.",
            (Query(REVENUE, "{{currency}}"),),
        ),
        Panel(
            "Rescues in progress",
            "few wait (requested, matching), more are on their way.",
            "matching grows: too few drivers, or Dispatch is slow.",
            (Query("max by (status) (rescues_live)", "{{status}}"),),
            stacked=True,
        ),
        Panel(
            "Sign-ups per hour",
            "a few riders; drivers come in ones.",
            "0 for a day: text messages do not arrive (Text messages). A burst: somebody makes accounts.",
            (Query(hourly("sign_ups_total", "person"), "{{person}}"),),
        ),
        Panel(
            "Text messages",
            "sent and delivered go together; the others are near 0.",
            "unavailable or undelivered: the provider's status page; people cannot verify their phones"
            " meanwhile.",
            (
                Query(rate("sms_sent_total"), "sent"),
                Query(rate("sms_delivered_total"), "delivered"),
                Query(rate("sms_undelivered_total"), "undelivered"),
                Query(rate("sms_refused_total"), "refused"),
                Query(rate("sms_unavailable_total"), "unavailable"),
                Query(rate("sms_unknown_total"), "unknown"),
            ),
            "ops",
        ),
        Panel(
            "Push messages",
            "nearly all are sent; removed ones belong to browsers that are gone.",
            "refused: our VAPID keys. Unavailable: one push service; the messages stay in the inbox.",
            (
                Query(rate("push_sent_total"), "sent"),
                Query(rate("push_expired_total"), "too old"),
                Query(rate("push_removed_total"), "removed"),
                Query(rate("push_refused_total"), "refused"),
                Query(rate("push_unavailable_total"), "unavailable"),
            ),
            "ops",
        ),
        Panel(
            "Uploads",
            "what is requested is completed, and ready soon after; few are refused.",
            "completed but not ready: the worker or the virus scanner. Refused: look at the reason in"
            " the log.",
            (
                Query(rate("files_requested_total"), "requested"),
                Query(rate("files_completed_total"), "completed"),
                Query(rate("files_ready_total"), "ready"),
                Query(rate("files_refused_total"), "refused"),
                Query(rate("files_orphans_collected_total"), "orphans deleted"),
            ),
            "ops",
        ),
        Panel(
            "Upload traffic",
            "photos of one to five megabytes each.",
            "much traffic and few uploads: somebody sends large files that are refused.",
            (Query(rate("files_uploaded_bytes_total"), "uploaded"),),
            "Bps",
        ),
        Panel(
            "Time to process an upload",
            "below 2 s.",
            "the worker has too little CPU, or the virus scanner is slow.",
            (Query(f"{rate('files_processing_seconds_total')} / {rate('files_ready_total')}", "average"),),
            "s",
        ),
        Panel(
            "Photos decoded",
            "one or two processes; none is killed.",
            "killed: somebody uploads images that are made to be slow; the refused uploads name the account.",
            (
                Query(rate("image_pool_images_total"), "photos, per s"),
                Query(rate("image_pool_killed_total"), "processes killed, per s"),
                Query("sum(image_pool_processes)", "processes"),
            ),
        ),
        Panel(
            "Checks of drivers",
            "follows applications; unavailable and refused are 0.",
            "the provider's status page; applications wait meanwhile and nothing is lost.",
            (
                Query(hourly("driver_checks_ordered_total"), "ordered, per hour"),
                Query(hourly("driver_checks_unavailable_total"), "unavailable, per hour"),
                Query(hourly("driver_checks_refused_total"), "refused, per hour"),
                Query(hourly("driver_checks_ignored_webhooks_total"), "webhooks ignored, per hour"),
            ),
        ),
    ),
)
