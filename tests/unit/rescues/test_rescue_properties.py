"""Any sequence of commands keeps the invariants of a rescue."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

import msgspec
from hypothesis import event, given
from hypothesis import strategies as st

from support.rescues.builders import (
    ADMIN,
    DRIVER,
    NOW,
    OTHER_DRIVER,
    OTHER_RIDER,
    RESCUE_ID,
    RIDER,
    RULES,
    terms,
)
from supportcarr.contracts.actors import SYSTEM, Actor
from supportcarr.contracts.errors import ApiError
from supportcarr.contracts.events import DomainEvent, RescueEnded, RescueMoved
from supportcarr.contracts.rescues import FINAL
from supportcarr.contracts.value_objects import QuoteTerms
from supportcarr.rescues.commands import (
    Abort,
    Arrive,
    Assign,
    BeginMatching,
    Cancel,
    Command,
    Complete,
    ConfirmFix,
    Depart,
    Exchange,
    LeaveUnserved,
    MarkNoShow,
    Reject,
    Release,
    RenewPin,
    RequestRescue,
    Start,
    Wake,
)
from supportcarr.rescues.decide import decide, open_rescue
from supportcarr.rescues.evolve import evolve_all
from supportcarr.rescues.model import Rescue
from supportcarr.rescues.state_machine import TABLE, transitions

drivers = st.sampled_from(["usr_driver", "usr_other_driver", "usr_rider"])
offers = st.one_of(st.none(), st.sampled_from(["off_1", "off_2", "off_3"]))
pins = st.sampled_from(["4711", "4711", "0000"])
amounts = st.one_of(st.none(), st.integers(-100, 4000))
BUILD: dict[type[Command], st.SearchStrategy[Command]] = {
    Wake: st.builds(Wake, rider_is_free=st.booleans()),
    BeginMatching: st.just(BeginMatching()),
    Reject: st.builds(Reject, reason=st.just("card_declined")),
    LeaveUnserved: st.just(LeaveUnserved()),
    Assign: st.builds(Assign, driver_id=drivers, offer_id=offers),
    Exchange: st.builds(Exchange, driver_id=drivers, offer_id=offers),
    Depart: st.just(Depart()),
    Arrive: st.just(Arrive()),
    Start: st.builds(Start, pin=pins),
    Complete: st.builds(
        Complete,
        outcome=st.sampled_from(["delivered", "fixed_on_spot"]),
        price_minor=amounts,
        pin=st.one_of(st.none(), pins),
    ),
    ConfirmFix: st.builds(ConfirmFix, price_minor=st.integers(-100, 4000)),
    MarkNoShow: st.just(MarkNoShow()),
    Abort: st.builds(Abort, reason=st.just("unsafe"), amount_minor=amounts),
    Release: st.builds(Release, reason=st.sampled_from(["breakdown", "I am lost"])),
    Cancel: st.builds(Cancel, reason=st.sampled_from(["changed_my_mind", "no more words"])),
    RenewPin: st.builds(RenewPin, pin=pins),
}
ENDS_EARLY = (Cancel, Reject, LeaveUnserved, Release)
ACTORS = (SYSTEM, RIDER, OTHER_RIDER, DRIVER, OTHER_DRIVER, ADMIN)
quotes = st.builds(
    lambda total, promo, later: terms(
        total_minor=max(0, total - promo),
        before_promo_minor=total,
        scheduled_for=NOW + timedelta(minutes=5) if later else None,
    ),
    st.integers(0, 5000),
    st.sampled_from([0, 1000]),
    st.booleans(),
)
LEGAL = {(start, end) for start, end, _ in transitions()}


def fitting(rescue: Rescue, command: type[Command]) -> Actor:
    """An actor who may issue that command."""
    roles = TABLE[rescue.status][command].roles
    if "driver" in roles:
        return Actor("driver", rescue.driver_id)
    return RIDER if "rider" in roles else SYSTEM


def drawn(data: st.DataObject, rescue: Rescue) -> tuple[Command, Actor]:
    """Mostly a command that is allowed next, by an actor who may issue it, because random commands hardly
    get past the first steps; sometimes any command by any actor."""
    may = list(TABLE[rescue.status])
    if data.draw(st.integers(0, 3)) and may:
        onward = [c for c in may if c not in ENDS_EARLY]
        command = data.draw(st.sampled_from(onward if data.draw(st.integers(0, 4)) and onward else may))
        return data.draw(BUILD[command]), fitting(rescue, command)
    command = data.draw(st.sampled_from(list(BUILD)))
    return data.draw(BUILD[command]), data.draw(st.sampled_from(ACTORS))


@given(quotes, st.integers(10, 40), st.data())
def test_any_sequence_of_commands_keeps_the_invariants(
    quote: QuoteTerms, steps: int, data: st.DataObject
) -> None:
    request = RequestRescue(quote_id="quo_1", payment_method_id="pmt_1")
    now = NOW
    opened, events = open_rescue(
        request,
        quote,
        rescue_id=RESCUE_ID,
        rider=RIDER,
        pin="4711",
        now=now,
        rules=RULES,
    )
    rescue = msgspec.structs.replace(opened, version=1)
    happened: list[DomainEvent] = list(events)
    for _ in range(steps):
        now += timedelta(seconds=data.draw(st.integers(0, 900)))
        command, actor = drawn(data, rescue)
        try:
            decided = decide(rescue, command, actor, now, RULES)
        except ApiError:
            continue
        repeated = {rescue.fix_price_minor, rescue.fix_confirmed_minor}  # a price that was stated before
        if not (isinstance(command, Complete | ConfirmFix) and command.price_minor in repeated):
            assert decided, "what is allowed makes something happen"
        before = rescue
        rescue = msgspec.structs.replace(evolve_all(rescue, decided, now, actor), version=rescue.version + 1)
        moves = [f for f in decided if isinstance(f, RescueMoved)]
        assert len(moves) <= 1
        if moves:
            assert (before.status, rescue.status) in LEGAL
            assert rescue.timeline[-1].version == rescue.version
            assert (rescue.timeline[-1].at, rescue.timeline[-1].actor) == (now, actor)
        else:
            assert rescue.status == before.status
            assert rescue.timeline == before.timeline
        happened += decided
        holds_together(rescue)
    event(f"ended {rescue.status}")
    ends = [f for f in happened if isinstance(f, RescueEnded)]
    assert len(ends) == (1 if rescue.status in FINAL else 0)
    for end in ends:
        assert 0 <= end.owed.rider_minor <= rescue.quote.total_minor
        assert 0 <= end.owed.driver_minor <= rescue.quote.before_promo_minor
        assert rescue.owed == end.owed
    moved = [f.status for f in happened if isinstance(f, RescueMoved)]
    assert [entry.to for entry in rescue.timeline] == moved


def holds_together(rescue: Rescue) -> None:
    assert rescue.timeline[0].from_ is None
    for one, two in pairwise(rescue.timeline):
        assert two.from_ == one.to
        assert two.version > one.version
        assert two.at >= one.at
    assert rescue.timeline[-1].to == rescue.status
    assert (rescue.due_at is not None) == (rescue.status in ("scheduled", "requested", "matching"))
    if rescue.status in ("assigned", "en_route", "arrived", "in_transit"):
        assert rescue.driver_id not in (None, rescue.rider_id)
        assert rescue.accepted_at is not None
    if rescue.status in ("scheduled", "requested", "matching"):
        assert rescue.driver_id is None
    assert rescue.pin_tries <= RULES.pin_tries
    assert rescue.pin_locked == (rescue.pin_tries == RULES.pin_tries)
    assert msgspec.json.decode(msgspec.json.encode(rescue), type=Rescue) == rescue
