"""What the fork server loads: every module that a process of the platform uses."""

from __future__ import annotations

from supportcarr.bootstrap.settings import Settings
from supportcarr.bootstrap.stores import store_of

_EXAMPLE_PHONE = "+15145550100"


def preload(settings: Settings) -> None:
    """Import what the processes would import by themselves, some of it at a first request.

    Starts no thread or event loop and opens no file or connection: they would not survive a fork.
    """
    from supportcarr.auth.password_rules import leaked_passwords
    from supportcarr.auth.phones import parse
    from supportcarr.bootstrap import processes  # noqa: F401
    from supportcarr.providers.stripe import load_sdk

    store_of(settings)  # imports its engine
    load_sdk()
    leaked_passwords()
    if settings.s3.bucket:
        from supportcarr.providers import s3_sdk  # noqa: F401
    parse(_EXAMPLE_PHONE)  # imports the numbering plan of its country
