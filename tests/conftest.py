"""Fixtures that every test may use; each comes from a module of ``tests/support``."""

pytest_plugins: list[str] = [
    "support.engines",
    "support.stores",
    "support.redis",
    "support.payments",
    "support.mongo",
]
