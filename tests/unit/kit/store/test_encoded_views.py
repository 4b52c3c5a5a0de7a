"""An encoded view is used again for the same stored document, and for no other."""

from __future__ import annotations

import msgspec

from supportcarr.contracts.documents import Document
from supportcarr.kit.store.encoded_views import EncodedViews


class Parcel(Document, frozen=True, kw_only=True):
    note: str


class ParcelView(msgspec.Struct, frozen=True):
    note: str


class Views:
    def __init__(self) -> None:
        self.made = 0

    def __call__(self, parcel: Parcel) -> ParcelView:
        self.made += 1
        return ParcelView(parcel.note)


def test_a_document_is_encoded_once() -> None:
    views = Views()
    encoded = EncodedViews(views)
    parcel = Parcel(id="p", note="fragile")
    assert encoded.of(parcel) == encoded.of(parcel) == b'{"note":"fragile"}'
    assert views.made == 1


def test_another_object_of_the_same_version_is_encoded_anew() -> None:
    encoded = EncodedViews(Views())
    assert encoded.of(Parcel(id="p", note="fragile")) == b'{"note":"fragile"}'
    assert encoded.of(Parcel(id="p", note="")) == b'{"note":""}'  # as after an erasure


def test_the_oldest_view_is_dropped_first() -> None:
    views = Views()
    encoded = EncodedViews(views, kept=2)
    first, second, third = (Parcel(id=name, note=name) for name in "abc")
    for parcel in (first, second, third, second, third):
        encoded.of(parcel)
    assert views.made == 3
    encoded.of(first)
    assert views.made == 4
