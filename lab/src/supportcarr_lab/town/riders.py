"""Riders, with what they own, and the claim that their rescues have on them."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random

import msgspec

from supportcarr.contracts.ids import BIKE, PAYMENT_METHOD, SAVED_PLACE
from supportcarr.contracts.value_objects import BikeType
from supportcarr.payments.model import PaymentAccount, PaymentMethod
from supportcarr.riders import model
from supportcarr.riders.model import RiderProfile
from supportcarr.riders.possessions import Bike, SavedPlace
from supportcarr.riders.service import CLAIM_DURATION
from supportcarr_lab.emulators.stripe.test_cards import CARDS
from supportcarr_lab.simulator.images import bike_photo
from supportcarr_lab.town.options import Dice
from supportcarr_lab.town.people import Townsperson
from supportcarr_lab.town.pictures import VARIANTS, Pictures
from supportcarr_lab.town.places import TownMap
from supportcarr_lab.town.records import saved

CARD_NAMES = ("visa", "visa_debit", "mastercard", "amex")
EXP_MONTH, EXP_YEAR = 12, 2034  # of the emulator's cards

_BIKES: tuple[tuple[BikeType, str, str, float, int, bool], ...] = (
    ("city", "Gazelle", "Ultimate C8", 23.5, 500, True),
    ("city", "Opus", "Connect", 22.0, 500, True),
    ("mountain", "Devinci", "E-Spartan", 24.5, 630, True),
    ("road", "Specialized", "Turbo Creo", 14.0, 320, False),
    ("folding", "Brompton", "Electric C Line", 17.0, 300, True),
    ("cargo", "Tern", "GSD S10", 33.5, 800, True),
    ("cargo", "Urban Arrow", "Family", 50.0, 545, True),
    ("other", "Rad Power", "RadRunner", 34.0, 672, True),
)
WITH_PHOTO_PART = 0.2  # of the bikes
_PLACES = ("Home", "Work", "School", "Climbing gym")


class RiderRecord(msgspec.Struct):
    """A rider with everything that is stored of them, and until when they have a live rescue."""

    person: Townsperson
    profile: RiderProfile
    account: PaymentAccount
    card: PaymentMethod
    card_name: str
    bikes: list[Bike]
    places: list[SavedPlace]
    busy_until: datetime

    @property
    def id(self) -> str:
        return self.person.id

    def claim(self, rescue_id: str, at: datetime) -> None:
        """What a rescue's request does to the rider."""
        claimed = model.claim(self.profile, rescue_id, at + CLAIM_DURATION)
        assert claimed is not None, "the rider is free"
        confirmed = model.confirm(saved(claimed), rescue_id)
        assert confirmed is not None, "the claim is new"
        self.profile = saved(confirmed)

    def release(self, rescue_id: str) -> None:
        released = model.release(self.profile, rescue_id)
        assert released is not None, "that rescue has the rider"
        self.profile = saved(released)


def rider_record(person: Townsperson, town_map: TownMap, dice: Dice, pictures: Pictures) -> RiderRecord:
    """A rider with a card, and mostly a bike and a place."""
    rng = dice.random("rider", person.id)
    at = person.created_at + timedelta(minutes=5)
    card_name = rng.choice(CARD_NAMES)
    card = CARDS[card_name]
    method_id = dice.new_id(PAYMENT_METHOD, at, person.id)
    key = method_id.partition("_")[2][2:]
    return RiderRecord(
        person=person,
        profile=RiderProfile(id=person.id, version=1),
        account=PaymentAccount(id=person.id, version=1, customer=f"cus_{key}"),
        card=PaymentMethod(
            id=method_id,
            version=1,
            rider_id=person.id,
            stripe_payment_method=f"pm_{key}",
            brand=card.brand,
            last4=card.last4,
            exp_month=EXP_MONTH,
            exp_year=EXP_YEAR,
        ),
        card_name=card_name,
        bikes=[
            _bike(person, dice, pictures, rng, at, number)
            for number in range(rng.choices((0, 1, 2), (25, 60, 15))[0])
        ],
        places=[
            SavedPlace(
                id=dice.new_id(SAVED_PLACE, at, person.id, name),
                version=1,
                rider_id=person.id,
                name=name,
                place=town_map.place(rng),
            )
            for name in _PLACES[: rng.choices((0, 1, 2, 4), (40, 30, 25, 5))[0]]
        ],
        busy_until=at,
    )


def _bike(
    person: Townsperson, dice: Dice, pictures: Pictures, rng: Random, at: datetime, number: int
) -> Bike:
    kind, make, name, weight, battery, removable = rng.choice(_BIKES)
    bike_id = dice.new_id(BIKE, at, person.id, number)
    photo_id: str | None = None
    if rng.random() < WITH_PHOTO_PART:
        photo = bike_photo(rng.randrange(VARIANTS))
        photo_id = pictures.add(pictures.new_id(at, bike_id), person.id, "bike_photo", bike_id, photo, at)
    return Bike(
        id=bike_id,
        version=1,
        rider_id=person.id,
        name=name,
        type=kind,
        make=make,
        model=name,
        weight_kg=weight,
        battery_wh=battery,
        battery_removable=removable,
        photo_id=photo_id,
    )
