"""What ``deploy/mongodb/dump`` has written: dumps, and the oplogs that lead from one to a moment after it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

STAMP = "%Y%m%dT%H%M%SZ"
PREFIX, SUFFIX, OPLOG_SUFFIX = "supportcarr-", ".backup", ".oplog"


class BackupError(Exception):
    """The backup cannot be made or restored, and nothing was changed; the message is a sentence."""


@dataclass(frozen=True)
class Dump:
    """A file of MongoDB's tools.

    ``since``: when a dump was begun, or from when on an oplog is; ``until``: until when an oplog is whole.
    """

    file: Path
    kind: str = "dump"  # or oplog
    since: datetime | None = None
    until: datetime | None = None

    def name(self, now: datetime) -> str:
        """The name of the sealed file."""
        if self.kind == "oplog":
            assert self.since is not None
            assert self.until is not None
            return Oplog(self.since, self.until).name
        return backup_name(now)


@dataclass(frozen=True, order=True)
class Oplog:
    """The sealed oplog of a time, by its name."""

    since: datetime
    until: datetime

    @property
    def name(self) -> str:
        return (
            f"{PREFIX}{self.since.astimezone(UTC):{STAMP}}-{self.until.astimezone(UTC):{STAMP}}{OPLOG_SUFFIX}"
        )


def backup_name(now: datetime) -> str:
    return f"{PREFIX}{now.astimezone(UTC):{STAMP}}{SUFFIX}"


def backup_time(name: str) -> datetime | None:
    """When the backup of that name was begun; ``None``: it is no backup's name."""
    if not (name.startswith(PREFIX) and name.endswith(SUFFIX)):
        return None
    return _time(name.removeprefix(PREFIX).removesuffix(SUFFIX))


def oplog_named(name: str) -> Oplog | None:
    """The oplog of that name; ``None``: it is no oplog's name."""
    if not (name.startswith(PREFIX) and name.endswith(OPLOG_SUFFIX)):
        return None
    since, _, until = name.removeprefix(PREFIX).removesuffix(OPLOG_SUFFIX).partition("-")
    times = _time(since), _time(until)
    return Oplog(times[0], times[1]) if times[0] and times[1] else None


def _time(text: str) -> datetime | None:
    try:
        return datetime.strptime(text, STAMP).replace(tzinfo=UTC)
    except ValueError:
        return None


def dump_at(path: Path) -> Dump:
    """The dump in a file, or in a folder that ``deploy/mongodb/dump`` has made.  Raises ``BackupError``."""
    if path.is_file():
        return Dump(path)
    archive, oplog = path / "dump.gz", path / "oplog.bson"
    if archive.is_file():
        return Dump(archive, since=_unix_time(path / "began"))
    if oplog.is_file():
        return Dump(oplog, "oplog", since=_unix_time(path / "since"), until=_unix_time(path / "began"))
    if path.is_dir():
        raise BackupError(f"{path} holds neither dump.gz nor oplog.bson.")
    raise BackupError(f"There is no file {path}.")


def _unix_time(file: Path) -> datetime:
    try:
        return datetime.fromtimestamp(int(file.read_text()), UTC)
    except (OSError, ValueError, OverflowError):
        raise BackupError(f"{file} does not hold a time in seconds since 1970.") from None


def covering(since: datetime, until: datetime, oplogs: Iterable[Oplog]) -> list[Oplog]:
    """The oplogs that together hold everything from *since* to *until*, in the order to repeat them.

    Raises ``BackupError`` that names the gap, if there is one.
    """
    left, chosen, reached = list(oplogs), [], since
    while reached < until:
        fitting = [each for each in left if each.since <= reached < each.until]
        if not fitting:
            raise BackupError(
                f"No oplog holds what follows {reached:%Y-%m-%d %H:%M:%S} UTC: "
                "nothing after that can be restored."
            )
        best = max(fitting, key=lambda each: each.until)
        chosen.append(best)
        reached = best.until
    return chosen
