"""What a token lets a socket hear, and until when."""

from __future__ import annotations

import pytest

from support.realtime import token
from supportcarr.contracts.actors import Principal
from supportcarr.realtime.credentials import expiry, streams_of

AREAS = ("laval", "montreal")


def person(*roles: str) -> Principal:
    return Principal("usr_1", frozenset(roles), "ses_1")


@pytest.mark.parametrize("roles", [("rider",), ("driver",), ("rider", "driver"), ("partner",), ()])
def test_people_hear_their_own_stream_alone(roles: tuple[str, ...]) -> None:
    assert streams_of(person(*roles), AREAS) == ("user:usr_1",)


@pytest.mark.parametrize("role", ["support", "admin"])
def test_operators_hear_every_area_as_well(role: str) -> None:
    assert streams_of(person("rider", role), AREAS) == ("user:usr_1", "ops:laval", "ops:montreal")


def test_the_expiry_is_the_token_s_own() -> None:
    assert expiry(token("usr_1", "rider", exp=1_795_400_000)) == 1_795_400_000
    assert expiry(token("usr_1", "rider")) is None


@pytest.mark.parametrize("nonsense", ["", "a.b", "a.!!.c", "a.YQ.c"])
def test_what_is_no_jwt_has_no_expiry(nonsense: str) -> None:
    assert expiry(nonsense) is None
