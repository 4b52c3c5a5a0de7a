"""The results of the latest run as Markdown, for ``docs/benchmarks.md``."""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping, Sequence
from typing import Any

from rig.ratios import MAX_CPU_OF_OTHERS
from rig.tables import busy_warning, verdict

BEGIN, END = "<!-- figures: begin (scripts/bench --doc) -->", "<!-- figures: end -->"

Report = Mapping[str, Any]


class MarkersMissing(Exception):
    """The page does not have the two markers exactly once each, in order."""


def replace_figures(page: str, figures: str) -> str:
    """The page with *figures* between its markers.  Raises ``MarkersMissing``.

    A section of the page stays if *figures* has none of the same title, so that the results of one
    benchmark can be written alone.  The commit in a title makes no difference.
    """
    if page.count(BEGIN) != 1 or page.count(END) != 1 or page.index(BEGIN) > page.index(END):
        raise MarkersMissing(f"the page must have {BEGIN} and {END} once each, in this order")
    before, _, rest = page.partition(BEGIN)
    old, _, after = rest.partition(END)
    merged = "\n\n".join((_sections(old) | _sections(figures)).values())
    return f"{before}{BEGIN}\n\n{merged}\n\n{END}{after}"


def _sections(figures: str) -> dict[str, str]:
    """The sections by their titles, without the commit that a title ends with."""
    sections = re.split(r"^(?=### )", figures.strip(), flags=re.MULTILINE)
    titled = [section.strip() for section in sections if section.startswith("### ")]
    return {re.sub(r"(eside) [0-9a-f]{7,40}$", r"\1", one.partition("\n")[0]): one for one in titled}


def figures(reports: Mapping[str, Report]) -> str:
    """The tables of all reports, which are keyed by the name of their benchmark."""
    sections = []
    for name, title in _API.items():
        if api := reports.get(name):
            sections += [_requests(title, api), _ratios(title, api)]
    if parts := reports.get("parts"):
        sections.append(_operations("Cost of single parts", parts))
    if store := reports.get("store"):
        sections.append(_operations("The embedded store, with one and with four processes", store))
    if realtime := reports.get("realtime"):
        sections.append(_realtime(realtime))
    if fairness := reports.get("fairness"):
        sections.append(_fairness(fairness))
    if checks := reports.get("checks"):
        sections.append(_checks(checks))
    if observed := reports.get("observed"):
        sections.append(_observed(observed))
    if sign_ins := reports.get("sign-ins"):
        sections.append(_sign_ins(sign_ins))
    if images := reports.get("images"):
        sections.append(_images(images))
    if town := reports.get("town"):
        sections.append(_town(town))
    if against := reports.get("against"):
        sections.append(_against(against))
    if memory := reports.get("memory"):
        sections.append(_memory(memory))
    return "\n\n".join(sections)


# By report: a run of both engines, or of one engine only.
_API = {"api": "", "api-sqlite": ", SQLite alone", "api-mongodb": ", MongoDB alone"}


def _requests(title: str, report: Report) -> str:
    lines = [f"### Requests{title}", "", f"{_machine(report)} Medians of runs of {report['seconds']:g} s."]
    for scenario, rows in report["scenarios"].items():
        lines += ["", f"**{_TITLES.get(scenario, scenario)}**", ""]
        body = [
            [
                row["server"],
                f"{row['per_second']:,}",
                *(f"{row[f'{share}_ms']:.1f}" for share in ("p50", "p95", "p99")),
                f"{row['cpu_us']:.0f}",
                f"{row['succeeded']:.2%}",
            ]
            for row in rows
        ]
        lines += table(["", "req/s", "p50 ms", "p95 ms", "p99 ms", "CPU µs per request", "successful"], body)
    return "\n".join(lines)


_TITLES = {
    "me": "`GET /me`",
    "rescue": "`GET /rescues/{id}`",
    "mix": "The mix",
    "whole-rescue": "Whole rescues",
}
_SERVERS = {
    "ours": "SupportCarr",
    "ours_mongodb": "SupportCarr on MongoDB",
    "tuned": "Express 4, tuned",
    "tuned_further": "Express 4, tuned further",
    "as_written": "Express 4, as people write it",
    "by_hand": "Express 4, our design by hand",
    "mongoose": "Express 4 and Mongoose",
    "mongoose_tuned": "Express 4 and Mongoose, tuned",
    "echo": "bare Granian echo",
}


def _ratios(title: str, report: Report) -> str:
    body = []
    for ratio in report["ratios"]:
        what = "requests per second" if ratio["figure"] == "per_second" else "CPU per request"
        scenario = _TITLES.get(ratio["scenario"], ratio["scenario"])
        other = _SERVERS.get(ratio["to"], ratio["to"])
        bar = ratio.get("bar")
        judged = f"{bar['way']} {bar['limit']:g}: {_met(ratio)}" if bar else ""
        own = _SERVERS[ratio.get("of", "ours")]
        body.append([scenario, own, what, other, f"{ratio['value']:.2f}", judged])
    head = ["scenario", "server", "figure", "compared with", "ratio", "bar"]
    lines = [f"### Ratios{title}, of medians of the same run", "", *table(head, body)]
    if warning := busy_warning(report["scenarios"]):
        lines += ["", f"**{warning}**"]
    return "\n".join(lines)


def _operations(title: str, report: Report) -> str:
    rows = report["rows"]
    served = any("server_cpu_us" in row for row in rows)
    head = [
        "operation",
        "concurrency",
        "per second",
        "p50 µs",
        "p95 µs",
        "CPU µs",
        *(["server CPU µs"] if served else []),
    ]
    body = []
    for row in rows:
        name = row["operation"]
        if bar := row.get("bar"):
            name += f" (bar: {bar['figure'].split('_')[0]} below {bar['below']:g} µs: {_met(row)})"
        figures = [f"{row['at_once']}", f"{row['per_second']:,}"]
        figures += [f"{row[figure]:,.1f}" for figure in ("p50_us", "p95_us", "cpu_us")]
        if served:
            figures.append(f"{row['server_cpu_us']:,.1f}" if "server_cpu_us" in row else "")
        body.append([name, *figures])
    return "\n".join([f"### {title}", "", _machine(report), "", *table(head, body)])


def _realtime(report: Report) -> str:
    body = []
    for row in report["rows"]:
        bar = f"p95 below 15 ms, nothing lost: {_met(row)}" if "met" in row else ""
        times = [f"{row[name]:.1f}" for name in ("p50_ms", "p95_ms", "p99_ms", "longest_ms")]
        counts = [f"{row[name]:,}" for name in ("arrivals", "lost", "repeats")]
        body.append([f"{row['events_per_second']}", *counts, *times, f"{row['others']:.0%}", bar])
    head = ["events per second", "arrivals", "lost", "repeats"]
    head += ["p50 ms", "p95 ms", "p99 ms", "max ms", "used by others", "bar"]
    caption = f"{_machine(report)} {report['apps']} connected apps, {report['seconds']:g} s."
    return "\n".join(["### From commit to a connected app", "", caption, "", *table(head, body)])


_FIGURES = {
    "per_second": "per second",
    "p95_ms": "p95",
    "cpu_us": "CPU per request",
    "cpu_ms": "CPU per rescue",
}


def _against(report: Report) -> str:
    """Both builds of ``against.py``, and the ratios with their bars."""
    builds = {"ours": "this commit", "base": report["base_commit"]}
    told = f"{_machine(report)} Medians of {report['pairs']} runs of {report['seconds']:g} s"
    told += f"; of whole rescues {report['rescue_pairs']} runs of {report['rescues']}"
    told += f" rescues, {report['rescues_at_once']} at once."
    lines = [f"### Beside {builds['base']}", "", told]
    requests = [name for name in report["scenarios"] if name != "whole-rescue"]
    body = []
    for scenario, key in itertools.product(requests, builds):
        row = report["scenarios"][scenario][key]
        figures = [f"{row['per_second']:,}", f"{row['p95_ms']:.1f}", f"{row['cpu_us']:.0f}"]
        body.append([f"{_TITLES[scenario]}, {builds[key]}", *figures, f"{row['succeeded']:.2%}"])
    if body:
        lines += ["", *table(["", "req/s", "p95 ms", "CPU µs per request", "successful"], body)]
    if rescues := report["scenarios"].get("whole-rescue"):
        lines += ["", *_whole_rescues(rescues, builds)]
    head = ["scenario", "figure", "ratio of pairs", "± standard error", "ratio of medians", "bar"]
    ratios = [
        [
            _TITLES[scenario],
            _FIGURES[ratio["figure"]],
            f"{ratio['value']:.3f}",
            "" if ratio["error"] is None else f"{ratio['error']:.1%}",
            f"{ratio['of_medians']:.3f}",
            f"{bar['way']} {bar['limit']:g}: {_met(ratio)}" if (bar := ratio["bar"]) else "",
        ]
        for scenario, results in report["scenarios"].items()
        for ratio in results["ratios"]
    ]
    others = max(results["others"] for results in report["scenarios"].values())
    used = f"Other processes used {others:.0%} of the machine in the median run."
    if others > MAX_CPU_OF_OTHERS:
        used += " **The machine was busy: bars that are missed are judged for CPU only.**"
    return "\n".join([*lines, "", *table(head, ratios), "", used])


def _whole_rescues(results: Report, builds: Mapping[str, str]) -> list[str]:
    head = ["whole rescues", "per second", "median s", "CPU ms per rescue"]
    head += ["emulators ms", "load generator ms", "idle cores", "each process, CPU ms"]
    body = []
    for key, build in builds.items():
        row = results[key]
        each = ", ".join(f"{role} {spent:.1f}" for role, spent in row["cpu_ms_by_role"].items())
        figures = [f"{row[figure]:.1f}" for figure in ("per_second", "p50_s", "cpu_ms")]
        apart = [f"{row[figure]:.1f}" for figure in ("emulators_ms", "generator_ms")]
        body.append([build, *figures, *apart, f"{row['idle_cores']:.3f}", each])
    declined, problems = (sum(results[key][count] for key in builds) for count in ("declined", "problems"))
    told = f"{declined} offers went to another driver and were declined; {problems} requests were refused."
    return [*table(head, body), *(["", told] if declined or problems else [])]


def _memory(report: Report) -> str:
    builds = {"ours": "this commit", "base": report.get("base_commit", "the other one")}
    moments = report["moments"]
    body = []
    for number, moment in enumerate(moments):
        for key, build in builds.items():
            sums = report[key]["memory"][number]
            each = ", ".join(f"{title} {size:.0f}" for title, size in sums["processes"])
            body.append(
                [f"{moment}, {build}", *(f"{sums[of]:.0f}" for of in ("platform", "apart", "all")), each]
            )
    head = ["", "platform", "emulators, simulator", "all", "each process"]
    ratios = [[one["what"], f"{one['ratio']:.2f}", _met(one)] for one in report["ratios"]]
    starts = ", ".join(f"{build} {report[key]['start_s']:.1f} s" for key, build in builds.items())
    told = f"{_machine(report)} PSS in MB. Start-up to the first page: {starts}."
    told += f" Others used {report['others']:.0%} of the machine."
    title = f"### Memory and start-up, beside {builds['base']}"
    lines = [title, "", told, "", *table(head, body), "", *table(["ratio", "", "bar"], ratios)]
    return "\n".join(lines)


def _fairness(report: Report) -> str:
    body = []
    for row in report["rows"]:
        counts = [f"{row['per_second']:,}", f"{row['refused']}", f"{row['late']}"]
        times = [f"{row[name]:.1f}" for name in ("p50_ms", "p95_ms", "p99_ms", "new_p95_ms")]
        by_one = f" ({row['by_one']})" if row["by_one"] else ""
        body.append(
            [
                row["worst"] + by_one,
                *counts,
                *times,
                f"{row['log_mb']:.1f}",
                f"{row['others']:.0%}",
                _met(row),
            ]
        )
    head = ["while one client", "others' req/s", "refused", "late", "p50 ms", "p95 ms", "p99 ms"]
    head += ["p95 ms over new connections", "log MB", "used by others", "bar"]
    rate = f"the mix at {report['rate']:,} requests a second"
    told = f"{_machine(report)} Runs of {report['seconds']:g} s, {rate}."
    return "\n".join(["### One client at its worst", "", told, "", *table(head, body)])


def _observed(report: Report) -> str:
    rows = ((name, report[key]) for name, key in (("the mix", "mix"), ("`GET /me`", "me")))
    body = [
        [
            name,
            f"{row['with']['cpu_us']:.0f}",
            f"{row['without']['cpu_us']:.0f}",
            f"{row['ratio']:.3f} ± {row['error'] or 0:.3f}",
            f"{row['others']:.0%}",
            verdict(row["met"]),
        ]
        for name, row in rows
    ]
    head = ["requests", "µs with", "µs without", "ratio", "used by others", "at most 1.1"]
    told = (
        f"{_machine(report)} CPU of a request with metrics, logs, 1 % of traces and Sentry, and with none of "
        f"them: both servers at once, {report['rate']} requests/s each, {report['mix']['pairs']} runs of "
        f"{report['seconds']:g} s. Medians; the ratio is the geometric mean over the runs."
    )
    return "\n".join(["### What observing costs", "", told, "", *table(head, body)])


def _checks(report: Report) -> str:
    body = [
        [
            row["variant"],
            f"{row['per_second']:,}",
            f"{row['p95_ms']:.1f}",
            f"{row['cpu_us']:.0f}",
            f"{row['ratios']['per_second']:.3f}",
            f"{row['ratios']['cpu_us']:.3f}",
            f"{row['others']:.0%}",
        ]
        for row in report["rows"]
    ]
    head = [
        "`GET /me`",
        "req/s",
        "p95 ms",
        "CPU µs per request",
        "req/s, ratio",
        "CPU, ratio",
        "used by others",
    ]
    told = f"{_machine(report)} Medians of {report['rounds']} runs of {report['seconds']:g} s that alternate;"
    told += " ratios to the first row are geometric means over the rounds."
    return "\n".join(["### What the checks cost", "", told, "", *table(head, body)])


def _sign_ins(report: Report) -> str:
    me = [
        [name, *(f"{report['me'][name][figure]:.1f}" for figure in ("p50_ms", "p95_ms", "p99_ms"))]
        for name in ("idle", "busy")
    ]
    people = [
        [
            kind,
            f"{row['per_second']}",
            f"{row['p50_s']}",
            f"{row['p95_s']}",
            ", ".join(f"{status}: {count}" for status, count in row["statuses"].items()),
        ]
        for kind, row in report["people"].items()
    ]
    told = f"{_machine(report)} `GET /me` at {report['rate']} requests a second for {report['seconds']:g} s,"
    told += f" alone and beside {report['people_at_once']} people who sign in again and again."
    told += f" One core hashes {report['one_core_per_second']} passwords a second;"
    told += f" the servers used {report['cores_used']} cores."
    bars = [f"- {bar}: {_met({'met': met})}" for bar, met in report["bars"].items()]
    lines = ["### Beside sign-ins", "", told, "", *table(["`GET /me`", "p50 ms", "p95 ms", "p99 ms"], me), ""]
    return "\n".join([*lines, *table(["", "a second", "p50 s", "p95 s", "responses"], people), "", *bars])


def _images(report: Report) -> str:
    me = [
        [name, *(f"{report['me'][name][figure]:.1f}" for figure in ("p50_ms", "p95_ms", "p99_ms"))]
        for name in ("idle", "busy")
    ]
    alone, uploads = report["alone"], report["uploads"]
    told = f"{_machine(report)} The copies of a photo of {report['photo']['megapixels']:g} megapixels take"
    told += (
        f" {alone['seconds']} s and {alone['pss_mb']} MB (PSS) of a process. `GET /me` at {report['rate']}"
    )
    told += f" requests a second for {report['seconds']:g} s, alone and beside {report['uploads_at_once']}"
    told += f" uploads of it at once: half of the thumbnails were ready after {uploads['p50_s']} s, the last"
    told += f" after {uploads['last_s']} s."
    bars = [f"- {bar}: {_met({'met': met})}" for bar, met in report["bars"].items()]
    lines = ["### Beside uploads of photos", "", told, ""]
    return "\n".join([*lines, *table(["`GET /me`", "p50 ms", "p95 ms", "p99 ms"], me), "", *bars])


def _town(report: Report) -> str:
    body = [[name, f"{seconds:.1f}"] for name, seconds in (report["steps"] | report["checks"]).items()]
    bar = f" (bar: below {report['bar_s']:g} s: {_met(report)})" if report["met"] is not None else ""
    told = f"{_machine(report)} {report['drivers']:,} drivers and {report['rescues']:,} rescues:"
    told += (
        f" {report['documents']:,} documents ({report['store_mb']} MB) and {report['objects']:,} objects of"
    )
    told += f" files in {report['seconds']:.0f} s{bar}, with {report['cpu_s']:.0f} s of CPU and at most"
    told += f" {report['memory_mb']} MB. Others used {report['others']:.0%} of the machine."
    return "\n".join(["### A seeded town", "", told, "", *table(["step", "seconds"], body)])


def table(head: Sequence[str], body: Sequence[Sequence[str]]) -> list[str]:
    """A Markdown table; all columns but the first are right-aligned.  ``ValueError`` for unequal rows."""
    if any(len(row) != len(head) for row in body):
        raise ValueError("a row does not have as many columns as the head")
    rule = ["---", *["--:"] * (len(head) - 1)]
    return ["| " + " | ".join(row) + " |" for row in (head, rule, *body)]


def _met(row: Report) -> str:
    result = verdict(row.get("met"))
    return result if result == "met" else f"**{result}**"


def _machine(report: Report) -> str:
    machine = report["machine"]
    versions = [
        f"{name} {machine[key]}"
        for name, key in (("Python", "python"), ("Node", "node"), ("SQLite", "sqlite"), ("Valkey", "redis"))
        if key in machine
    ]
    if "mongodb" in machine:
        versions.append(f"MongoDB {machine['mongodb_version']} ({machine['mongodb']})")
    if "load_before" in machine:
        versions.append(f"load average before the run {machine['load_before']:.1f}")
    items = [machine["at"][:10], f"commit {machine['commit']}", f"{machine['cores']} cores", *versions]
    return f"{', '.join(items)}."
