"""Figures about uploads, for the metrics."""

from __future__ import annotations

OUTCOMES = ("requested", "completed", "ready", "refused")


class FileFigures:
    """Counts what happens to files in this process."""

    def __init__(self) -> None:
        self._outcomes = dict.fromkeys(OUTCOMES, 0)
        self._bytes = 0
        self._processing_seconds = 0.0
        self._orphans = 0

    def requested(self) -> None:
        self._outcomes["requested"] += 1

    def completed(self, size: int) -> None:
        self._outcomes["completed"] += 1
        self._bytes += size

    def ready(self, seconds: float) -> None:
        self._outcomes["ready"] += 1
        self._processing_seconds += seconds

    def refused(self) -> None:
        self._outcomes["refused"] += 1

    def orphans_collected(self, count: int) -> None:
        self._orphans += count

    def stats(self) -> dict[str, float]:
        """Figures for the metrics."""
        return {
            **{f"{outcome}_total": count for outcome, count in self._outcomes.items()},
            "uploaded_bytes_total": self._bytes,
            "processing_seconds_total": self._processing_seconds,
            "orphans_collected_total": self._orphans,
        }
