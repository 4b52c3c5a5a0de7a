"""The file of requests to replay."""

from __future__ import annotations

from pathlib import Path

from rig import compare
from rig.city import City
from rig.scenarios import AT, AT_EXAMPLE, MIX, Request, write

CITY = City(addresses={"usr_1": "10.0.1.7"})


def requests_in(file: Path) -> list[bytes]:
    """As ``replay.lua`` reads them."""
    rest, found = file.read_bytes(), []
    while rest:
        length, _, rest = rest.partition(b"\n")
        found.append(rest[: int(length)])
        assert rest[int(length) : int(length) + 1] == b"\n"
        rest = rest[int(length) + 1 :]
    return found


def test_content_length_is_right_after_the_time_is_inserted(tmp_path: Path) -> None:
    body = f'{{"note":"é","at":"{AT}"}}'.encode()
    write(tmp_path / "r", [Request("POST", "/x", "usr_1", body)], CITY, {"usr_1": "t"})
    (raw,) = requests_in(tmp_path / "r")
    head, _, sent = raw.replace(AT.encode(), AT_EXAMPLE.encode()).partition(b"\r\n\r\n")
    headers = dict(line.split(b": ", 1) for line in head.split(b"\r\n")[1:])
    assert int(headers[b"Content-Length"]) == len(sent)


def test_each_request_carries_its_users_token_and_address(tmp_path: Path) -> None:
    requests = [Request("GET", "/a", "usr_1"), Request("GET", "/b")]
    write(tmp_path / "r", requests, CITY, {"usr_1": "t"})
    signed, anonymous = requests_in(tmp_path / "r")
    assert b"Authorization: Bearer t\r\nX-Forwarded-For: 10.0.1.7\r\n" in signed
    assert b"Authorization" not in anonymous
    assert b"X-Forwarded-For" not in anonymous


def test_the_shares_of_the_mix_sum_to_one() -> None:
    assert sum(MIX.values()) == 100


def test_responses_are_compared_without_generated_values() -> None:
    def made(n: int) -> dict[str, object]:
        return {"id": f"msg_{n}", "at": f"2026-11-23T20:00:0{n}Z", "request_id": f"req-{n}", "n": 1}

    one, other = (compare._timeless(made(n)) for n in (1, 2))
    assert one == other
    assert one != compare._timeless({"id": "msg_1", "at": "tomorrow", "request_id": "req-1", "n": 1})
    assert compare._timeless({"id": "usr_1"}) != compare._timeless({"id": "usr_2"})


def test_only_the_wording_of_validation_errors_may_differ() -> None:
    def answer(code: str, detail: str) -> dict[str, object]:
        body = f'{{"code":"{code}","detail":"{detail}","errors":[]}}'
        return compare._comparable(422, {"content-type": "application/problem+json"}, body.encode())

    assert answer("validation_failed", "a") == answer("validation_failed", "b")
    assert answer("position_stale", "a") != answer("position_stale", "b")
