"""Emulator of Stripe: the part of its public HTTP API that the platform uses, test cards and webhooks.

Source of the objects and rules: Stripe's public API reference (https://docs.stripe.com/api), version
2026-10-28.endive, and its page on test cards (https://docs.stripe.com/testing).
"""

API_VERSION = "2026-10-28.endive"
