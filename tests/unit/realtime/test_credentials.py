"""The streams and the expiry of a token."""

from __future__ import annotations

import pytest

from support.realtime import token_of
from supportcarr.contracts.actors import Principal
from supportcarr.realtime.credentials import expiry, streams_of

AREAS = ("laval", "montreal")


def person(*roles: str) -> Principal:
    return Principal("usr_1", frozenset(roles), "ses_1")


@pytest.mark.parametrize("roles", [("rider",), ("driver",), ("rider", "driver"), ("partner",), ()])
def test_people_get_their_own_stream_only(roles: tuple[str, ...]) -> None:
    assert streams_of(person(*roles), AREAS) == ("user:usr_1",)


@pytest.mark.parametrize("role", ["support", "admin"])
def test_operators_also_get_every_area(role: str) -> None:
    assert streams_of(person("rider", role), AREAS) == ("user:usr_1", "ops:laval", "ops:montreal")


def test_the_expiry_is_the_exp_claim() -> None:
    assert expiry(token_of("usr_1", "rider", exp=1_795_400_000)) == 1_795_400_000
    assert expiry(token_of("usr_1", "rider")) is None


@pytest.mark.parametrize("malformed", ["", "a.b", "a.!!.c", "a.YQ.c"])
def test_a_malformed_token_has_no_expiry(malformed: str) -> None:
    assert expiry(malformed) is None
