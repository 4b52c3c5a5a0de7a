"""Drivers upload their documents, operators review them, and drivers are approved by them: over HTTP."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from msgspec.structs import replace

from support.files.uploads import JPEG, PDF, uploaded
from support.platform.in_process import CheckedClient, Platform
from support.rescues.fixtures import APPLICATION, VEHICLE, expect
from supportcarr.drivers.collections import DRIVER_DOCUMENTS
from supportcarr.drivers.driver_documents.model import RULES
from supportcarr.files.collections import FILES
from supportcarr.kit.store.port import Store

pytestmark = pytest.mark.asyncio(loop_scope="module")

FAR = "2099-01-31"


async def applicant(platform: Platform) -> CheckedClient:
    """A driver with a vehicle and a statement."""
    driver = await platform.person("driver", name="Marie Tremblay")
    expect(await driver.put("/me/driver-application", APPLICATION), 200)
    expect(await driver.post("/me/vehicles", VEHICLE), 201)
    return driver


async def send(platform: Platform, driver: CheckedClient, kind: str, **changed: Any) -> dict[str, Any]:
    """Upload a photo and send it as the driver's document of that kind."""
    rules = RULES[kind]  # type: ignore[index]
    file = await uploaded(platform, driver, rules.purpose, JPEG)
    body = {"file_ids": [file["id"]]} | ({"expires_on": FAR} if rules.expires else {}) | changed
    document: dict[str, Any] = expect(await driver.put(f"/me/driver-documents/{kind}", body), 200)
    return document


async def review(
    platform: Platform, document_id: str, decision: str = "approve", reason: str | None = None
) -> dict[str, Any]:
    operator = await platform.person("support")
    body = {"decision": decision, "reason": reason}
    reply = await operator.post(f"/admin/documents/{document_id}/review", body)
    decided: dict[str, Any] = expect(reply, 200)
    await platform.settle()
    return decided


def require_documents(platform: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform.container.drivers, "_documents_required", True)


async def test_from_the_uploads_to_the_approval(platform: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
    require_documents(platform, monkeypatch)
    driver, operator = await applicant(platform), await platform.person("admin")
    for kind in RULES:
        refused = await driver.post("/me/driver-application/submission")
        assert (refused.status, refused.code) == (409, "application_incomplete")
        assert f"documents.{kind}" in [error["field"] for error in refused.body["errors"]]
        await send(platform, driver, kind)
    application = expect(await driver.post("/me/driver-application/submission"), 200)
    assert (application["state"], application["missing"]) == ("submitted", [])
    assert {document["kind"] for document in application["documents"]} == set(RULES)

    path = f"/admin/drivers/{driver.user_id}"
    seen = expect(await operator.get(path), 200)
    for document in seen["uploaded_documents"]:
        [file] = document["files"]
        assert (document["state"], file["state"]) == ("pending", "ready")
        assert file["url"] and file["thumbnail_url"]
        refused = await operator.post(f"{path}/approval")
        assert (refused.status, refused.code) == (409, "documents_not_approved")
        assert f"documents.{document['kind']}" in [error["field"] for error in refused.body["errors"]]
        await review(platform, document["id"])
    approved = expect(await operator.post(f"{path}/approval"), 200)
    assert (approved["state"], approved["waiting_since"]) == ("approved", None)
    vehicle = expect(await driver.get("/me/vehicles"), 200)["items"][0]["id"]
    expect(await driver.put("/me/availability", {"online": True, "vehicle_id": vehicle}), 200)
    log = expect(await operator.get(f"/admin/audit-log?person={driver.user_id}&limit=200"), 200)["items"]
    actions = [record["action"] for record in log]
    assert actions.count("drivers.review_document") == len(RULES)
    assert "drivers.read_documents" in actions


async def test_a_renewal_waits_beside_the_approved_one_and_then_takes_its_place(platform: Platform) -> None:
    driver, operator = await applicant(platform), await platform.person("admin")
    last_day = platform.clock.city().date() + timedelta(days=3)
    soon = last_day.isoformat()
    first = await send(platform, driver, "licence", expires_on=soon)
    await review(platform, first["id"])
    expect(await operator.post(f"/admin/drivers/{driver.user_id}/approval"), 200)
    second = await send(platform, driver, "licence")

    async def listed() -> list[tuple[str, str]]:
        items = expect(await driver.get("/me/driver-documents"), 200)["items"]
        return [(document["id"], document["state"]) for document in items]

    async def waits() -> bool:
        queue = expect(await operator.get("/admin/driver-applications?limit=200"), 200)["items"]
        return driver.user_id in [item["id"] for item in queue]

    async def until() -> str:
        until: str = expect(await driver.get("/me/driver-application"), 200)["documents_until"]
        return until

    assert await listed() == [(first["id"], "approved"), (second["id"], "pending")]
    before = await until()
    midnight = datetime.combine(last_day + timedelta(days=1), time(), ZoneInfo("America/Toronto"))
    assert datetime.fromisoformat(before) == midnight
    assert await waits()
    await review(platform, second["id"], "reject", "Too dark to read")
    assert await listed() == [(first["id"], "approved"), (second["id"], "rejected")]
    assert (await until(), await waits()) == (before, False)
    told = expect(await driver.get("/me/notifications"), 200)["items"]
    assert "Your licence was not accepted" in [item["title"] for item in told]
    third = await send(platform, driver, "licence")
    await review(platform, third["id"])
    assert await listed() == [(third["id"], "approved")]
    assert (await until())[:4] == FAR[:4]
    refused = await operator.post(f"/admin/documents/{first['id']}/review", {"decision": "approve"})
    assert (refused.status, refused.code) == (409, "illegal_transition")


async def test_a_repeat_of_an_upload_and_of_a_decision_changes_nothing(platform: Platform) -> None:
    driver = await applicant(platform)
    document = await send(platform, driver, "insurance", number="P-77")
    body = {"file_ids": [document["files"][0]["id"]], "expires_on": FAR, "number": "P-77"}
    await platform.settle()
    before = await platform.digest()
    assert expect(await driver.put("/me/driver-documents/insurance", body), 200)["id"] == document["id"]
    assert await platform.digest() == before
    refused = await driver.put("/me/driver-documents/insurance", {**body, "expires_on": "2098-01-31"})
    assert [(e["field"], e["code"]) for e in refused.body["errors"]] == [("file_ids", "in_use")]
    decided = await review(platform, document["id"], "reject", "Too dark")
    again = await review(platform, document["id"], "reject", "Too dark")
    assert (again["state"], again["reviewed_at"]) == ("rejected", decided["reviewed_at"])


async def test_a_decision_is_about_the_version_that_its_operator_saw(platform: Platform) -> None:
    driver, operator = await applicant(platform), await platform.person("support")
    document = await send(platform, driver, "licence")
    await platform.settle()
    path = f"/admin/documents/{document['id']}/review"
    [seen] = expect(await operator.get(f"/admin/drivers/{driver.user_id}"), 200)["uploaded_documents"]
    await review(platform, document["id"], "reject", "Too dark")
    before = await platform.digest()
    stale = await operator.post(path, {"decision": "approve"}, if_match=seen["version"])
    assert (stale.status, stale.body["code"]) == (412, "stale_version")
    repeated = await operator.post(
        path, {"decision": "reject", "reason": "Too dark"}, if_match=seen["version"]
    )
    now = expect(repeated, 200)
    assert await platform.digest() == before
    approved = await operator.post(path, {"decision": "approve"}, if_match=now["version"])
    assert expect(approved, 200)["state"] == "approved"
    assert approved.headers["etag"] == f'"{approved.body["version"]}"'


async def test_what_cannot_be_sent(platform: Platform) -> None:
    driver, other = await applicant(platform), await applicant(platform)
    theirs = (await send(platform, other, "licence"))["files"][0]["id"]
    photo = (await uploaded(platform, driver, "profile_photo", JPEG))["id"]
    mine = (await uploaded(platform, driver, "driver_document", JPEG))["id"]
    yesterday = (platform.clock.city().date() - timedelta(days=2)).isoformat()
    for kind, body, error in (
        ("licence", {"file_ids": [theirs], "expires_on": FAR}, ("file_ids", "not_found")),
        ("licence", {"file_ids": [mine, theirs], "expires_on": FAR}, ("file_ids", "not_found")),
        ("licence", {"file_ids": [photo], "expires_on": FAR}, ("file_ids", "not_found")),
        ("licence", {"file_ids": [mine, mine], "expires_on": FAR}, ("file_ids", "duplicate")),
        ("licence", {"file_ids": [mine]}, ("expires_on", "required")),
        ("licence", {"file_ids": [mine], "expires_on": yesterday}, ("expires_on", "expired")),
        ("profile_photo", {"file_ids": [photo], "expires_on": FAR}, ("expires_on", "not_allowed")),
        (
            "registration",
            {"file_ids": [mine], "expires_on": FAR, "vehicle_id": "veh_x"},
            ("vehicle_id", "unknown"),
        ),
    ):
        refused = await driver.put(f"/me/driver-documents/{kind}", body)
        assert refused.status == 422, refused
        assert [(e["field"], e["code"]) for e in refused.body["errors"]] == [error]
    assert expect(await driver.get("/me/driver-documents"), 200)["items"] == []
    unchanged = await platform.container.store.collection(FILES).get(mine)
    assert unchanged is not None and unchanged.attached_to is None
    document = await send(platform, driver, "licence")
    operator = await platform.person("support")
    refused = await operator.post(f"/admin/documents/{document['id']}/review", {"decision": "reject"})
    assert [(e["field"], e["code"]) for e in refused.body["errors"]] == [("reason", "required")]


async def test_nobody_else_sees_the_files(platform: Platform) -> None:
    driver, other = await applicant(platform), await applicant(platform)
    document = await send(platform, driver, "licence")
    file_id = document["files"][0]["id"]
    assert (await other.get(f"/me/uploads/{file_id}")).status == 404
    assert (
        await other.post(f"/admin/documents/{document['id']}/review", {"decision": "approve"})
    ).status == 403
    assert expect(await other.get("/me/driver-documents"), 200)["items"] == []


async def test_a_replaced_document_is_kept_for_a_year_and_a_cut_off_one_for_an_hour(
    platform: Platform,
) -> None:
    driver = await applicant(platform)
    store: Store = platform.container.store
    first = await send(platform, driver, "licence")
    await send(platform, driver, "licence")
    documents = store.collection(DRIVER_DOCUMENTS)
    kept = await documents.get(first["id"])
    assert kept is not None and kept.state == "replaced" and kept.replaced_at is not None
    await platform.container.driver_documents.collect()
    assert await documents.get(first["id"]) is not None
    await documents.save(replace(kept, replaced_at=kept.replaced_at - timedelta(days=366)))
    third = await send(platform, driver, "profile_photo")
    cut_off = await documents.get(third["id"])
    assert cut_off is not None
    since = platform.clock.wall() - timedelta(hours=2)
    await documents.save(replace(cut_off, unattached_since=since))
    await platform.container.driver_documents.collect()
    for document in (kept, cut_off):
        assert await documents.get(document.id) is None
        file = await store.collection(FILES).get(document.file_ids[0])
        assert file is not None and file.attached_to is None and file.orphan_at is not None


async def test_a_pdf_has_a_link_and_no_thumbnail(platform: Platform) -> None:
    driver = await applicant(platform)
    file = await uploaded(platform, driver, "driver_document", PDF, "application/pdf")
    body = {"file_ids": [file["id"]], "expires_on": FAR}
    [shown] = expect(await driver.put("/me/driver-documents/insurance", body), 200)["files"]
    assert (shown["content_type"], shown["thumbnail_url"]) == ("application/pdf", None)


async def test_an_expired_document_is_marked(platform: Platform) -> None:
    driver = await applicant(platform)
    document = await send(platform, driver, "licence")
    await review(platform, document["id"])
    documents = platform.container.store.collection(DRIVER_DOCUMENTS)
    stored = await documents.get(document["id"])
    assert stored is not None
    await documents.save(replace(stored, expires_on=date(2020, 1, 1)))
    await platform.container.driver_documents.expire(driver.user_id)
    [seen] = expect(await driver.get("/me/driver-documents"), 200)["items"]
    assert seen["state"] == "expired"
