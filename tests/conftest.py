"""Hooks and fixtures of every test; each comes from a module of ``tests/support``."""

pytest_plugins: list[str] = [
    "support.session",
    "support.store.engines",
    "support.store.fixtures",
    "support.redis",
    "support.payments.world",
    "support.mongo.server",
]
