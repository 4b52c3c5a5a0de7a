"""The pages on which a person enters a test card, and confirms a payment as their bank would ask.

They take the place of Stripe's own form, whose script Stripe serves.  The client secret comes in the
fragment of the address, ``#SECRET&return=URL``, so that it is in no log.  Afterwards the browser goes to URL
with ``setup_intent`` or ``payment_intent`` and ``redirect_status``, as after Stripe's redirects; only to an
address of this machine or of the page's own host.
"""

from __future__ import annotations

from pathlib import Path

from supportcarr_lab.emulators.stripe.test_cards import NUMBERS

_PAGES = Path(__file__).parent / "pages"


def card_page() -> str:
    """The page on which a test card is entered."""
    rows = "".join(f"<tr><td>{number}</td><td>{name}</td></tr>" for number, name in NUMBERS.items())
    return _page("card.html").replace("TEST_CARDS", rows)


def authentication_page() -> str:
    """The page on which a payment is confirmed or refused (3-D Secure)."""
    return _page("authentication.html")


def _page(name: str) -> str:
    """A page with the style and the functions that both have."""
    style, script = ((_PAGES / f"card_pages.{kind}").read_text("utf-8") for kind in ("css", "js"))
    return (_PAGES / name).read_text("utf-8").replace("STYLE\n", style).replace("SCRIPT\n", script)
