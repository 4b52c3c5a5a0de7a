"""Accounts of simulated people, and the file that keeps them between runs."""

from __future__ import annotations

import stat
from pathlib import Path

import phonenumbers
import pytest

from supportcarr.contracts.geo import GeoPoint
from supportcarr_lab.simulator.accounts import Accounts, PersonRole
from supportcarr_lab.simulator.client import SessionTokens


@pytest.mark.parametrize("role", ["rider", "driver"])
@pytest.mark.parametrize("index", [0, 1, 4_999, 9_999])
def test_every_phone_is_a_valid_number(tmp_path: Path, role: PersonRole, index: int) -> None:
    phone = Accounts(tmp_path).account(role, index).phone
    number = phonenumbers.parse(phone)
    assert phonenumbers.is_valid_number(number)
    assert phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164) == phone


def test_phones_and_addresses_are_unique(tmp_path: Path) -> None:
    accounts = Accounts(tmp_path)
    roles: tuple[PersonRole, ...] = ("rider", "driver")
    people = [accounts.account(role, i) for role in roles for i in range(5_000)]
    assert len({person.phone for person in people}) == len({person.address for person in people}) == 10_000
    assert all(0 < int(part) < 256 or part == "0" for p in people for part in p.address.split("."))


def test_accounts_sessions_and_places_are_stored_between_runs(tmp_path: Path) -> None:
    first = Accounts(tmp_path)
    driver = first.account("driver", 3)
    first.store_tokens(driver.phone, SessionTokens(user_id="usr_1", access="a", refresh="r"))
    first.store_place(driver.phone, GeoPoint(45.5, -73.6))
    first.save()
    second = Accounts(tmp_path)
    assert second.account("driver", 3) == driver
    assert second.stored.sessions[driver.phone].refresh == "r"
    assert second.stored.places[driver.phone] == GeoPoint(45.5, -73.6)


def test_two_readers_of_a_folder_get_the_same_accounts(tmp_path: Path) -> None:
    assert Accounts(tmp_path).account("rider", 1) == Accounts(tmp_path).account("rider", 1)


def test_another_folder_has_other_passwords(tmp_path: Path) -> None:
    here, there = Accounts(tmp_path / "a").account("rider", 0), Accounts(tmp_path / "b").account("rider", 0)
    assert here.phone == there.phone
    assert here.password != there.password


def test_only_the_owner_may_read_the_file(tmp_path: Path) -> None:
    Accounts(tmp_path).save()
    (file,) = tmp_path.iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_damaged_file_is_reported(tmp_path: Path) -> None:
    (tmp_path / "simulator-sessions.json").write_text("{")
    with pytest.raises(ValueError, match="delete it"):
        Accounts(tmp_path)


def test_an_index_beyond_the_last_number_is_rejected(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="at most"):
        Accounts(tmp_path).account("rider", 10_000)
