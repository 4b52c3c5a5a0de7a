"""The rules by which a client follows its streams."""

from __future__ import annotations

from typing import Any

from supportcarr_lab.simulator.journal import REPEAT, Journal
from supportcarr_lab.simulator.stream_follower import SYNC_AFTER_S, StreamFollower

STREAM = "user:usr_1"


class Client:
    """A follower with the events that it applied and the number of its reloads."""

    def __init__(self) -> None:
        self.applied: list[int] = []
        self.reloads = 0
        self.journal = Journal("rider")
        self.follower = StreamFollower(self.journal, city=lambda: 1.0, apply=self._apply, reload=self._reload)

    def _apply(self, name: str, data: dict[str, Any]) -> None:
        self.applied.append(data["version"])

    def _reload(self) -> None:
        self.reloads += 1

    def receive_positions(self, offset: int, epoch: str = "e", wall: float = 0.0) -> None:
        self.follower.on_positions({STREAM: f"{epoch}:{offset}"}, wall)

    def receive(self, *offsets: int, epoch: str = "e", wall: float = 0.0, id: str | None = None) -> None:
        for offset in offsets:
            data = {"rescue_id": "res_1", "version": offset}
            event = {
                "id": id or f"{epoch}{offset}",
                "stream": STREAM,
                "cursor": f"{epoch}:{offset}",
                "data": data,
            }
            self.follower.on_event("rescue:status_update", event, wall)


def test_the_first_positions_start_a_subscription_and_one_reload() -> None:
    client = Client()
    client.receive_positions(7)
    client.receive_positions(7)
    assert client.reloads == 1
    assert [
        (subscription.position.offset, subscription.first)
        for subscription in client.journal.record.subscriptions
    ] == [(7, True)]
    assert client.follower.up_to_date


def test_events_are_applied_in_order_whatever_order_they_arrive_in() -> None:
    client = Client()
    client.receive_positions(0)
    client.receive(2, 3, 1, 4)
    assert client.applied == [1, 2, 3, 4]
    assert client.follower.positions == {STREAM: "e:4"}


def test_a_repeated_event_is_dropped() -> None:
    client = Client()
    client.receive_positions(0)
    client.receive(1, 2, 1, 2)
    assert client.applied == [1, 2]
    assert [event.position.offset for event in client.journal.record.received] == [1, 2]


def test_a_known_id_with_a_new_offset_is_dropped_but_fills_the_offset() -> None:
    client = Client()
    client.receive_positions(0)
    client.receive(1, id="same")
    client.receive(2, id="same")
    client.receive(3)
    assert client.applied == [1, 3]
    assert [event.key == REPEAT for event in client.journal.record.received] == [False, True, False]


def test_the_events_of_a_gap_are_requested_after_a_while() -> None:
    client = Client()
    client.receive_positions(0)
    client.receive(2, wall=10.0)
    assert client.follower.lagging_streams(10.0 + SYNC_AFTER_S / 2) == {}
    assert client.follower.lagging_streams(10.0 + SYNC_AFTER_S) == {STREAM: "e:0"}
    assert not client.follower.up_to_date
    client.receive(1, wall=12.0)
    assert client.follower.lagging_streams(20.0) == {}
    assert client.follower.up_to_date


def test_a_lost_last_event_is_noticed_by_the_stream_position() -> None:
    client = Client()
    client.receive_positions(0)
    client.receive_positions(1, wall=3.0)
    assert not client.follower.up_to_date
    assert client.follower.lagging_streams(3.0 + SYNC_AFTER_S) == {STREAM: "e:0"}


def test_progress_restarts_the_time_of_a_gap() -> None:
    client = Client()
    client.receive_positions(0)
    client.receive_positions(9, wall=3.0)
    client.receive(1, 2, wall=3.0 + SYNC_AFTER_S)
    assert client.follower.lagging_streams(3.0 + SYNC_AFTER_S) == {}


def test_a_reset_continues_from_its_position_and_reloads() -> None:
    client = Client()
    client.receive_positions(5)
    client.follower.on_reset({STREAM: "f:2"})
    client.receive(3, epoch="f")
    assert client.reloads == 2
    assert client.applied == [3]
    assert [subscription.first for subscription in client.journal.record.subscriptions] == [True, False]


def test_a_position_of_another_epoch_is_a_reset_and_the_same_reset_is_ignored() -> None:
    client = Client()
    client.receive_positions(5)
    client.receive_positions(2, epoch="f")
    client.follower.on_reset({STREAM: "f:2"})
    assert client.reloads == 2
    assert len(client.journal.record.subscriptions) == 2


def test_the_first_event_of_an_unknown_epoch_is_a_reset() -> None:
    client = Client()
    client.receive_positions(5)
    client.receive(4, 5, epoch="f")
    assert client.reloads == 2
    assert client.applied == [4, 5]


def test_an_endless_city_keeps_no_journal() -> None:
    client = Client()
    client.journal = Journal("rider", keep=False)
    client.follower = StreamFollower(
        client.journal, city=lambda: 1.0, apply=client._apply, reload=client._reload
    )
    client.receive_positions(0)
    client.receive(1, 2)
    assert client.applied == [1, 2]
    assert client.journal.record.received == []
    assert client.journal.record.subscriptions == []
