"""A client that follows its streams by the rules."""

from __future__ import annotations

from typing import Any

from supportcarr_lab.simulator.journal import REPEAT, Journal
from supportcarr_lab.simulator.stream_follower import SYNC_AFTER_S, StreamFollower

STREAM = "user:usr_1"


class Client:
    """A follower with what it applied and how often it loaded."""

    def __init__(self) -> None:
        self.applied: list[int] = []
        self.reloads = 0
        self.journal = Journal("rider")
        self.follower = StreamFollower(self.journal, city=lambda: 1.0, apply=self._apply, reload=self._reload)

    def _apply(self, name: str, data: dict[str, Any]) -> None:
        self.applied.append(data["version"])

    def _reload(self) -> None:
        self.reloads += 1

    def heads(self, seq: int, epoch: str = "e", wall: float = 0.0) -> None:
        self.follower.on_positions({STREAM: f"{epoch}:{seq}"}, wall)

    def hear(self, *seqs: int, epoch: str = "e", wall: float = 0.0, id: str | None = None) -> None:
        for seq in seqs:
            data = {"rescue_id": "res_1", "version": seq}
            event = {"id": id or f"{epoch}{seq}", "stream": STREAM, "cursor": f"{epoch}:{seq}", "data": data}
            self.follower.on_event("rescue:status_update", event, wall)


def test_the_first_heads_are_marked_and_the_state_is_loaded_once() -> None:
    client = Client()
    client.heads(7)
    client.heads(7)
    assert client.reloads == 1
    assert [(mark.position.offset, mark.first) for mark in client.journal.record.subscriptions] == [(7, True)]
    assert client.follower.up_to_date


def test_events_are_applied_in_order_however_they_come() -> None:
    client = Client()
    client.heads(0)
    client.hear(2, 3, 1, 4)
    assert client.applied == [1, 2, 3, 4]
    assert client.follower.positions == {STREAM: "e:4"}


def test_what_was_applied_is_dropped_when_it_comes_again() -> None:
    client = Client()
    client.heads(0)
    client.hear(1, 2, 1, 2)
    assert client.applied == [1, 2]
    assert [event.position.offset for event in client.journal.record.received] == [1, 2]


def test_a_known_id_with_a_new_number_is_dropped_but_takes_its_place() -> None:
    client = Client()
    client.heads(0)
    client.hear(1, id="same")
    client.hear(2, id="same")
    client.hear(3)
    assert client.applied == [1, 3]
    assert [event.key == REPEAT for event in client.journal.record.received] == [False, True, False]


def test_a_gap_is_asked_for_after_a_while() -> None:
    client = Client()
    client.heads(0)
    client.hear(2, wall=10.0)
    assert client.follower.lagging_streams(10.0 + SYNC_AFTER_S / 2) == {}
    assert client.follower.lagging_streams(10.0 + SYNC_AFTER_S) == {STREAM: "e:0"}
    assert not client.follower.up_to_date
    client.hear(1, wall=12.0)
    assert client.follower.lagging_streams(20.0) == {}
    assert client.follower.up_to_date


def test_a_lost_last_event_is_noticed_by_the_head() -> None:
    client = Client()
    client.heads(0)
    client.heads(1, wall=3.0)
    assert not client.follower.up_to_date
    assert client.follower.lagging_streams(3.0 + SYNC_AFTER_S) == {STREAM: "e:0"}


def test_who_makes_progress_is_given_time_again() -> None:
    client = Client()
    client.heads(0)
    client.heads(9, wall=3.0)
    client.hear(1, 2, wall=3.0 + SYNC_AFTER_S)
    assert client.follower.lagging_streams(3.0 + SYNC_AFTER_S) == {}


def test_a_reset_goes_on_from_its_cursor_and_loads_again() -> None:
    client = Client()
    client.heads(5)
    client.follower.on_reset({STREAM: "f:2"})
    client.hear(3, epoch="f")
    assert client.reloads == 2
    assert client.applied == [3]
    assert [mark.first for mark in client.journal.record.subscriptions] == [True, False]


def test_heads_of_another_epoch_are_a_reset_and_the_reset_that_says_the_same_is_none() -> None:
    client = Client()
    client.heads(5)
    client.heads(2, epoch="f")
    client.follower.on_reset({STREAM: "f:2"})
    assert client.reloads == 2
    assert len(client.journal.record.subscriptions) == 2


def test_the_first_word_of_an_unknown_epoch_is_a_reset() -> None:
    client = Client()
    client.heads(5)
    client.hear(4, 5, epoch="f")
    assert client.reloads == 2
    assert client.applied == [4, 5]


def test_a_city_without_end_keeps_no_journal() -> None:
    client = Client()
    client.journal = Journal("rider", keep=False)
    client.follower = StreamFollower(
        client.journal, city=lambda: 1.0, apply=client._apply, reload=client._reload
    )
    client.heads(0)
    client.hear(1, 2)
    assert client.applied == [1, 2]
    assert client.journal.record.received == []
    assert client.journal.record.subscriptions == []
