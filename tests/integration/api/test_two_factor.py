"""Two-factor sign-in: enrolment, codes, recovery codes, step-ups, and what operators may do before."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest

from support.http.route_calls import ExampleCalls
from support.http.server import PASSWORD, Reply, new_phone
from support.platform.in_process import CheckedClient, Platform
from support.rescues.fixtures import expect
from supportcarr.auth.collections import SECOND_FACTORS
from supportcarr.auth.second_factors import STEP_SECONDS, code_at
from supportcarr.notifications.collections import NOTIFICATIONS

pytestmark = pytest.mark.asyncio(loop_scope="module")


class Codes:
    """The codes of one secret: each call gives one of a later step, as far as drift allows."""

    def __init__(self, secret: str) -> None:
        self.secret = secret
        self._ahead = -2

    def next(self) -> str:
        """Of the step before now, then now, then the one after.

        Not at the end of a step: the code of the one before would be too old when the server sees it.
        """
        self._ahead += 1
        left = STEP_SECONDS - time.time() % STEP_SECONDS
        if self._ahead < 0 and left < 3:
            time.sleep(left)
        return code_at(self.secret, time.time() + self._ahead * STEP_SECONDS)


async def operator(platform: Platform, role: str = "admin") -> tuple[CheckedClient, str]:
    """A client of a new operator who has signed in with the password alone, and the number."""
    phone = new_phone()
    await platform.container.auth.ensure_account(phone, PASSWORD, "Ana Roy", [role])
    client = platform.anonymous()
    return await signed_in(client, await sign_in(platform, phone)), phone


async def sign_in(platform: Platform, phone: str, code: str | None = None) -> Reply:
    body = {"phone": phone, "password": PASSWORD} | ({"totp_code": code} if code else {})
    return await platform.anonymous().post("/auth/sign-in", body)


async def signed_in(client: CheckedClient, reply: Reply) -> CheckedClient:
    client.token = expect(reply, 200)["access_token"]
    return client


async def enrolled(platform: Platform, role: str = "admin") -> tuple[CheckedClient, str, Codes, list[str]]:
    """The client, the number, the codes and the recovery codes of an operator with TOTP."""
    client, phone = await operator(platform, role)
    secret = expect(await client.post("/auth/totp"), 200)["secret"]
    while True:
        codes, step = Codes(secret), time.time() // STEP_SECONDS
        reply = await client.post("/auth/totp/confirmation", {"code": codes.next()})
        if reply.status == 200 or time.time() // STEP_SECONDS == step:
            break  # and otherwise the code became too old on its way
    confirmed = expect(reply, 200)
    client.token = confirmed["access_token"]
    return client, phone, codes, confirmed["recovery_codes"]


async def test_an_operator_can_only_enrol_until_there_is_a_second_factor(platform: Platform) -> None:
    client, phone = await operator(platform)
    for refused in ("/admin/overview", "/me/notifications", "/admin/audit-log"):
        reply = await client.get(refused)
        assert (reply.status, reply.code) == (403, "totp_required")
    assert (await client.get("/me")).status == 200
    enrolment = expect(await client.post("/auth/totp"), 200)
    assert enrolment["uri"].startswith(
        f"otpauth://totp/SupportCarr:%2B{phone[1:]}?secret={enrolment['secret']}"
    )
    wrong = await client.post("/auth/totp/confirmation", {"code": "000000"})
    assert (wrong.status, wrong.code) == (401, "totp_code_wrong")
    assert (await client.get("/admin/overview")).status == 403
    code = code_at(enrolment["secret"], time.time())
    confirmed = expect(await client.post("/auth/totp/confirmation", {"code": code}), 200)
    assert len(set(confirmed["recovery_codes"])) == 10
    assert (await client.get("/admin/overview")).status == 403  # the old token says nothing of it
    client.token = confirmed["access_token"]
    assert (await client.get("/admin/overview")).status == 200
    again = await client.post("/auth/totp")
    assert (again.status, again.code) == (409, "totp_already_enrolled")


async def test_sign_in_needs_the_code_and_each_code_works_once(platform: Platform) -> None:
    _, phone, codes, _ = await enrolled(platform)
    without = await sign_in(platform, phone)
    assert (without.status, without.code) == (401, "totp_code_required")
    code = codes.next()
    client = await signed_in(platform.anonymous(), await sign_in(platform, phone, code))
    assert (await client.get("/admin/overview")).status == 200
    repeated = await sign_in(platform, phone, code)
    assert (repeated.status, repeated.code) == (401, "totp_code_wrong")
    later = codes.next()
    both = await asyncio.gather(*(sign_in(platform, phone, later) for _ in range(4)))
    assert sorted(reply.status for reply in both)[0] == 200
    assert sum(reply.status == 200 for reply in both) == 1


async def test_a_refreshed_session_keeps_what_was_proved_in_it(platform: Platform) -> None:
    _, phone, codes, _ = await enrolled(platform)
    session = expect(await sign_in(platform, phone, codes.next()), 200)
    fresh = await platform.anonymous().post("/auth/refresh", {"refresh_token": session["refresh_token"]})
    client = await signed_in(platform.anonymous(), fresh)
    assert (await client.get("/admin/overview")).status == 200


async def test_a_recovery_code_signs_in_once(platform: Platform) -> None:
    _, phone, _, recovery = await enrolled(platform)
    client = await signed_in(platform.anonymous(), await sign_in(platform, phone, recovery[3].upper()))
    assert (await client.get("/admin/overview")).status == 200
    again = await sign_in(platform, phone, recovery[3])
    assert (again.status, again.code) == (401, "totp_code_wrong")
    assert (await sign_in(platform, phone, recovery[4].replace("-", ""))).status == 200


async def test_money_and_roles_need_a_step_up_with_a_fresh_code(
    platform: Platform, calls: ExampleCalls
) -> None:
    _, phone, codes, recovery = await enrolled(platform)
    client = await signed_in(platform.anonymous(), await sign_in(platform, phone, codes.next()))
    path, body = f"/admin{calls.arrived.path}/abort", {"reason": "unsafe", "amount_minor": 0}
    refused = await client.post(path, body)
    assert (refused.status, refused.code) == (403, "step_up_required")
    assert (await client.post("/auth/step-up", {"totp_code": recovery[0][:6]})).status == 422
    client.token = expect(await client.post("/auth/step-up", {"totp_code": codes.next()}), 200)[
        "access_token"
    ]
    unknown = await client.post("/admin/rescues/res_qc_01jdc0000000000000000000r0/abort", body)
    assert unknown.status == 404  # so the policy lets it through


async def test_removing_the_second_factor_needs_a_step_up_and_signs_out_everywhere(
    platform: Platform,
) -> None:
    client, phone, codes, _ = await enrolled(platform)  # a confirmation is a step-up too
    other = await signed_in(platform.anonymous(), await sign_in(platform, phone, codes.next()))
    assert (await other.delete("/auth/totp")).code == "step_up_required"
    expect(await client.delete("/auth/totp"), 204)
    assert [(await one.get("/me")).status for one in (client, other)] == [401, 401]
    client = await signed_in(platform.anonymous(), await sign_in(platform, phone))
    assert (await client.get("/admin/overview")).code == "totp_required"


async def test_guesses_at_codes_are_counted(platform: Platform) -> None:
    client, _, _, _ = await enrolled(platform)
    statuses: list[Any] = []
    for number in range(30):
        reply = await client.post("/auth/step-up", {"totp_code": f"{number:06d}"})
        statuses.append(reply.code)
        if reply.status == 429:
            assert int(reply.headers["retry-after"]) >= 1
            break
    assert statuses[-1] == "rate_limited"
    assert set(statuses[:-1]) <= {"totp_code_wrong"}


async def test_a_rider_may_have_a_second_factor_too(platform: Platform) -> None:
    rider, phone = await operator(platform, "rider")
    assert (await rider.get("/me/payment-methods")).status == 200  # nobody asks for one
    codes = Codes(expect(await rider.post("/auth/totp"), 200)["secret"])
    expect(await rider.post("/auth/totp/confirmation", {"code": codes.next()}), 200)
    assert (await sign_in(platform, phone)).code == "totp_code_required"
    assert (await sign_in(platform, phone, codes.next())).status == 200


async def test_neither_secret_nor_recovery_codes_are_stored_in_clear(platform: Platform) -> None:
    _, _, codes, recovery = await enrolled(platform)
    stored = [repr(factor) async for factor in platform.container.store.collection(SECOND_FACTORS).scan()]
    text = "\n".join(stored)
    assert stored
    for secret in (codes.secret, *recovery, *(code.replace("-", "") for code in recovery)):
        assert secret not in text


async def test_an_admin_removes_the_second_factor_of_another_who_is_told(platform: Platform) -> None:
    admin, _, _, _ = await enrolled(platform)
    support, phone, _, recovery = await enrolled(platform, "support")
    person = expect(await support.get("/me"), 200)["id"]
    path = f"/admin/users/{person}/totp"
    assert (await support.delete(path)).status == 403
    expect(await admin.delete(path), 204)
    await platform.settle()
    assert (await support.get("/me")).status == 401
    assert (await sign_in(platform, phone, recovery[0])).status == 200, "no code is asked for"
    back = await signed_in(platform.anonymous(), await sign_in(platform, phone))
    assert (await back.get("/admin/overview")).code == "totp_required"
    notices = [n async for n in platform.container.store.collection(NOTIFICATIONS).scan()]
    assert [n.kind for n in notices if n.user_id == person] == ["totp_removed"]
    [entry] = await audited(platform, admin, person, "users.remove_totp")
    assert entry["actor"]["id"] == expect(await admin.get("/me"), 200)["id"]
    expect(await admin.delete(path), 204)
    assert (await back.get("/me")).status == 200, "a repeat changes nothing"
    assert (await admin.delete("/admin/users/usr_nobody/totp")).status == 404


async def audited(platform: Platform, admin: CheckedClient, person: str, action: str) -> list[dict[str, Any]]:
    await platform.settle()
    reply = await admin.get(f"/admin/audit-log?person={person}&action={action}")
    entries: list[dict[str, Any]] = expect(reply, 200)["items"]
    return entries


async def test_failed_sign_ins_of_operators_are_audited_and_others_are_not(platform: Platform) -> None:
    admin, _, _, _ = await enrolled(platform)
    support, phone, _, _ = await enrolled(platform, "support")
    person = expect(await support.get("/me"), 200)["id"]
    rider = await platform.person("rider")
    assert rider.grant is not None
    for number in (phone, rider.grant.user.phone):
        body = {"phone": number, "password": "not the password"}
        assert (await platform.anonymous().post("/auth/sign-in", body)).status == 401
    assert (await sign_in(platform, phone, "000000")).code == "totp_code_wrong"
    assert (await support.post("/auth/step-up", {"totp_code": "000000"})).code == "totp_code_wrong"
    await platform.container.failed_sign_ins.close()
    [failed] = await audited(platform, admin, person, "auth.sign_in_failed")
    assert (failed["subject"], failed["actor"]["role"], bool(failed["address"])) == (person, "system", True)
    codes = await audited(platform, admin, person, "auth.totp_failed")
    assert len(codes) == 2
    assert await audited(platform, admin, rider.user_id, "auth.sign_in_failed") == []
