"""SupportCarr: roadside rescue for e-bike riders, by neighbours with pickup trucks."""

from supportcarr.kit.runtime.imports import without

# Before anything else imports it: it takes rich, if that is installed, for logs that people read (5 MB).
with without("rich"):
    import structlog as _structlog  # noqa: F401

__version__ = "0.1.0"
