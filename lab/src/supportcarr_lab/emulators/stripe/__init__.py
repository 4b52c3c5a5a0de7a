"""The emulator of Stripe: its public HTTP API, as far as we use it, with test cards, books and webhooks.

Source of the shapes and rules: Stripe's public API reference (https://docs.stripe.com/api), version
2026-10-28.endive, and its page on test cards (https://docs.stripe.com/testing).
"""

API_VERSION = "2026-10-28.endive"
