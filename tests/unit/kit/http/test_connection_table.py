"""Which connection has to make room when all places are taken, and how many places one address has."""

from __future__ import annotations

from supportcarr.kit.http.connections import ConnectionTable


class Connection:
    """Implements ``kit.http.connections.Closable``."""

    def __init__(self, *, has_asked: bool = False) -> None:
        self.has_asked = has_asked
        self.rests = False
        self.closed = False

    def make_room(self) -> None:
        self.closed = True


def opened(table: ConnectionTable, count: int, peer: str, *, has_asked: bool = False) -> list[Connection]:
    connections = [Connection(has_asked=has_asked) for _ in range(count)]
    assert [table.add(connection, peer) for connection in connections] == [0] * count
    return connections


def test_of_a_full_house_the_oldest_that_has_never_asked_goes_first() -> None:
    table = ConnectionTable(4)
    asked, silent, later, busy = opened(table, 4, "192.0.2.1")
    asked.has_asked = busy.has_asked = True
    opened(table, 2, "192.0.2.2", has_asked=True)
    assert [connection.closed for connection in (asked, silent, later, busy)] == [False, True, True, False]
    assert table.add(Connection(), "192.0.2.3") == 503
    assert table.stats() == {"open": 4, "closed_for_others_total": 2, "refused_total": 1}


def test_any_number_of_silent_connections_shuts_nobody_out() -> None:
    table = ConnectionTable(8)
    kept = opened(table, 4, "192.0.2.1", has_asked=True)
    for _ in range(100):
        opened(table, 20, "192.0.2.66")
        (newcomer,) = opened(table, 1, "192.0.2.7")
        newcomer.has_asked = True  # at once, as clients do
        assert not newcomer.closed
        table.remove(newcomer)
    assert not any(connection.closed for connection in kept)
    assert len(table) <= 8


def test_when_all_have_asked_the_one_that_rests_longest_goes() -> None:
    table = ConnectionTable(3)
    first, second, third = opened(table, 3, "192.0.2.1", has_asked=True)
    for connection in (second, first, third):
        connection.rests = True
        table.note_rest(connection)
    second.rests = False  # it has asked again
    opened(table, 1, "192.0.2.2", has_asked=True)
    assert [connection.closed for connection in (first, second, third)] == [True, False, False]


def test_an_address_has_its_share_of_the_places_and_a_trusted_proxy_all() -> None:
    def client_of(peer: str) -> str | None:
        return None if peer == "10.0.0.1" else peer

    table = ConnectionTable(16, 2, client_of)
    opened(table, 2, "192.0.2.1", has_asked=True)
    assert table.add(Connection(), "192.0.2.1") == 429
    opened(table, 1, "192.0.2.2")
    opened(table, 8, "10.0.0.1")
    silent, _, newest = opened(table, 3, "192.0.2.3")
    assert (silent.closed, newest.closed) == (True, False)  # of its own, not of another's
    table.remove(newest)
    table.remove(newest)  # no effect
    opened(table, 1, "192.0.2.3")


def test_it_is_crowded_when_three_quarters_of_the_places_are_taken() -> None:
    table = ConnectionTable(8)
    opened(table, 5, "192.0.2.1")
    assert not table.crowded
    opened(table, 1, "192.0.2.1")
    assert table.crowded


def test_many_users_behind_one_address_close_each_others_resting_connections() -> None:
    table = ConnectionTable(16, 3, lambda peer: peer)
    busy, first, second = opened(table, 3, "192.0.2.1", has_asked=True)
    (others,) = opened(table, 1, "192.0.2.2", has_asked=True)
    for connection in (first, second, others):
        connection.rests = True
    opened(table, 1, "192.0.2.1", has_asked=True)
    assert [one.closed for one in (busy, first, second, others)] == [False, True, False, False]
    second.rests = False
    assert table.add(Connection(), "192.0.2.1") == 429
