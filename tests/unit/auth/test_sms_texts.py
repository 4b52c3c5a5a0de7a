"""What texts cost, in SMS parts, in each language."""

from __future__ import annotations

import pytest
import smsutil

from supportcarr.auth import sms_texts
from supportcarr.auth.codes import LIFETIME
from supportcarr.contracts.languages import Language

PARTS = {"verification": 1, "password_reset": 1, "has_account": 1, "number_in_use": 1, "phone_changed": 1}


@pytest.mark.parametrize("language", ["en", "es", "fr"])
def test_each_text_fits_one_sms_of_the_gsm_alphabet(language: Language) -> None:
    texts = {
        "verification": sms_texts.verification("042137", language),
        "password_reset": sms_texts.password_reset("042137", language),
        "has_account": sms_texts.has_account(language),
        "number_in_use": sms_texts.number_in_use(language),
        "phone_changed": sms_texts.phone_changed(language),
    }
    assert {name: len(smsutil.split(text).parts) for name, text in texts.items()} == PARTS
    assert all(smsutil.is_valid_gsm(text) for text in texts.values())
    assert "042137" in texts["verification"]
    assert "042137" in texts["password_reset"]
    assert f" {LIFETIME.total_seconds() / 60:g} minut" in texts["verification"]
    assert f" {LIFETIME.total_seconds() / 60:g} minut" in texts["password_reset"]
