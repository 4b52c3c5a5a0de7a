"""Series for promtool's tests."""

from __future__ import annotations

from supportcarr_lab.monitoring.model import Case, Series

LENGTH = 120  # samples; one each minute


def gauge(name: str, value: float, labels: str = "") -> Series:
    """One process exports this value all the time."""
    return {_of(name, labels): f"{value:g}x{LENGTH}"}


def counter(name: str, per_minute: float, labels: str = "") -> Series:
    """One process counts as many in each minute."""
    return {_of(name, labels): f"0+{per_minute:g}x{LENGTH}"}


def histogram(name: str, slow: float, bound: str, labels: str = "") -> Series:
    """Of 100 observations a minute that share took longer than *bound*, and at most ten times as long."""
    comma = f",{labels}" if labels else ""
    beyond = f"{float(bound) * 10:g}"
    beyond = beyond if "." in beyond else f"{beyond}.0"
    return {
        **counter(f"{name}_bucket", 100 * (1 - slow), f'le="{bound}"{comma}'),
        **counter(f"{name}_bucket", 100, f'le="{beyond}"{comma}'),
        **counter(f"{name}_bucket", 100, f'le="+Inf"{comma}'),
        **counter(f"{name}_count", 100, labels),
    }


def compared(name: str, fires: float, quiet: float, labels: str = "") -> Case:
    """A gauge that is too high, or not."""
    return Case(gauge(name, fires, labels), gauge(name, quiet, labels))


def counted(name: str, fires: float, quiet: float, labels: str = "") -> Case:
    """A counter that grows too fast (per minute), or does not."""
    return Case(counter(name, fires, labels), counter(name, quiet, labels))


def _of(name: str, labels: str) -> str:
    comma = f",{labels}" if labels else ""
    return f'{name}{{@platform,instance="a"{comma}}}'
