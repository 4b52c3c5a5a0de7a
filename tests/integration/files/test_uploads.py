"""Uploads through the API: a file is checked and processed, and only its owner sees it."""

from __future__ import annotations

import io
from typing import Any

import pytest
from PIL import Image

from support.files.uploads import HEIC, JPEG, PDF, PNG, begun, post_form, uploaded
from support.http.server import Client
from support.images import photos
from support.platform.in_process import CheckedClient, Platform
from support.rescues.fixtures import expect
from supportcarr.kit.objects.local import LocalObjects

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def objects_of(platform: Platform, file_id: str) -> set[str]:
    """The names of the objects that are stored of a file."""
    found = await platform.container.objects.list_objects(f"files/{file_id}/")
    return {info.key.rpartition("/")[2] for info in found}


async def post(platform: Platform, file: dict[str, Any], content: bytes, **changed: str) -> tuple[int, bytes]:
    """Post the form of an upload, with changed fields."""
    form = file["upload"]
    return await post_form(platform.api.session, form["url"], form["fields"] | changed, content)


async def complete(who: Client, file: dict[str, Any]) -> Any:
    return await who.post(f"/me/uploads/{file['id']}/completion")


async def test_a_photo_is_uploaded_processed_and_shown(platform: Platform) -> None:
    rider = await platform.person("rider")
    file = await begun(rider, "bike_photo", JPEG)
    assert file["state"] == "awaiting_upload" and "url" not in file
    assert (await post(platform, file, JPEG))[0] == 204
    assert expect(await complete(rider, file), 200)["state"] == "processing"
    await platform.settle()
    ready = expect(await rider.get(f"/me/uploads/{file['id']}"), 200)
    assert (ready["state"], ready["size"]) == ("ready", len(JPEG))
    assert "upload" not in ready
    for name in ("url", "preview_url", "thumbnail_url"):
        async with platform.api.session.get(ready[name]) as response:
            assert response.status == 200
            assert response.headers["content-type"] == ready["content_type"]
            assert response.headers["content-disposition"].startswith("inline; filename=")
            assert response.headers["cache-control"].startswith("private")
            assert "sandbox" in response.headers["content-security-policy"]
            assert await response.read()
    # of a bike's photo only the copies are kept
    assert await objects_of(platform, file["id"]) == {"clean", "preview", "thumbnail"}
    assert expect(await complete(rider, file), 200)["state"] == "ready"  # a repeat


async def test_the_original_of_a_driver_s_document_is_kept_and_a_pdf_is_saved_not_shown(
    platform: Platform,
) -> None:
    driver = await platform.person("driver")
    photo = await uploaded(platform, driver, "driver_document", JPEG)
    assert "original" in await objects_of(platform, photo["id"])
    active = b"%PDF-1.7\n1 0 obj<</OpenAction<</S/JavaScript/JS(app.launchURL\\(1\\))>>>>endobj\n%%EOF\n"
    for content in (PDF, active):
        paper = await uploaded(platform, driver, "driver_document", content, "application/pdf")
        assert "thumbnail_url" not in paper
        async with platform.api.session.get(paper["url"]) as response:
            assert await response.read() == content
            assert response.headers["content-disposition"] == f'attachment; filename="{paper["id"]}.pdf"'
            assert response.headers["content-security-policy"] == "default-src 'none'; sandbox"
            assert response.headers["x-content-type-options"] == "nosniff"


async def test_a_repeated_request_with_its_key_is_the_same_upload(platform: Platform) -> None:
    rider = await platform.person("rider")
    body = {"purpose": "bike_photo", "content_type": "image/jpeg", "size": 10}
    first = expect(await rider.post("/me/uploads", body, key="k-1"), 201)
    again = expect(await rider.post("/me/uploads", body, key="k-1"), 201)
    assert (first["id"], first["upload"]["fields"]) == (again["id"], again["upload"]["fields"])


@pytest.mark.parametrize(
    ("changed", "code", "status"),
    [
        ({"content_type": "image/gif"}, "unsupported_file_type", 422),
        ({"content_type": "application/pdf"}, "unsupported_file_type", 422),  # for documents only
        ({"content_type": "text/html"}, "unsupported_file_type", 422),
        ({"size": 16 * 1024 * 1024}, "file_too_large", 413),
        ({"size": 0}, "validation_failed", 422),
        ({"purpose": "holiday"}, "validation_failed", 422),
    ],
)
async def test_what_is_not_accepted_is_refused_before_the_upload(
    platform: Platform, changed: dict[str, Any], code: str, status: int
) -> None:
    rider = await platform.person("rider")
    body = {"purpose": "bike_photo", "content_type": "image/jpeg", "size": 10} | changed
    reply = await rider.post("/me/uploads", body)
    assert (reply.status, reply.code) == (status, code)
    if status == 422:
        assert [error["field"] for error in reply.body["errors"]] == list(changed)


async def test_a_form_admits_nothing_but_its_own_file(platform: Platform) -> None:
    rider, other = await platform.person("rider"), await platform.person("rider")
    file, theirs = await begun(rider, "bike_photo", JPEG), await begun(other, "bike_photo", JPEG)
    policy = file["upload"]["fields"]["policy"]
    for changed in (
        {"key": theirs["upload"]["fields"]["key"]},  # another person's key
        {"key": "files/../../etc/passwd"},
        {"Content-Type": "text/html"},
        {"policy": policy[:-4] + "AAAA"},
        {"policy": ""},
    ):
        status, body = await post(platform, file, JPEG, **changed)
        assert (status, b"upload_refused" in body) == (403, True), (changed, body)
    status, body = await post(platform, file, JPEG + b"x")
    assert (status, b"file_too_large" in body) == (413, True)
    status, body = await post(platform, file, b"")
    assert status == 403
    for upload in (file, theirs):
        assert await objects_of(platform, upload["id"]) == set()
    assert (await complete(rider, file)).code == "file_not_uploaded"


async def test_an_expired_form_is_refused(platform: Platform) -> None:
    objects = platform.container.objects
    assert isinstance(objects, LocalObjects)
    form = objects.upload_form("files/fil_x/upload", "image/jpeg", 1000, platform.clock.wall())
    status, body = await post_form(platform.api.session, form.url, form.fields, JPEG)
    assert (status, b"expired" in body) == (403, True)
    link = objects.link("files/fil_x/upload", "image/jpeg", "x.jpg", platform.clock.wall())
    async with platform.api.session.get(link) as response:
        assert response.status == 403
    assert await objects_of(platform, "fil_x") == set()


@pytest.mark.parametrize(
    ("content", "declared"), [(PNG, "image/jpeg"), (b"MZ" + b"\0" * 200, "image/png"), (JPEG, "image/heic")]
)
async def test_a_file_that_is_not_what_it_was_declared_as_is_refused_and_not_kept(
    platform: Platform, content: bytes, declared: str
) -> None:
    rider = await platform.person("rider")
    file = await begun(rider, "bike_photo", content, declared)
    assert (await post(platform, file, content))[0] == 204
    for _ in range(2):  # the second time it is remembered
        reply = await complete(rider, file)
        assert (reply.status, reply.code) == (422, "unsupported_file_type")
    assert await objects_of(platform, file["id"]) == set()
    refused = expect(await rider.get(f"/me/uploads/{file['id']}"), 200)
    assert (refused["state"], refused["reason"]) == ("refused", "unsupported_file_type")
    assert refused["detail"] and "url" not in refused and "upload" not in refused


async def test_a_heic_photo_may_be_declared_as_heif(platform: Platform) -> None:
    rider = await platform.person("rider")
    file = await begun(rider, "bike_photo", HEIC, "image/heif")
    assert (await post(platform, file, HEIC))[0] == 204
    assert expect(await complete(rider, file), 200)["state"] == "processing"


async def test_other_people_cannot_name_a_file(platform: Platform) -> None:
    rider = await platform.person("rider")
    file = await uploaded(platform, rider, "bike_photo", JPEG)
    for stranger in (await platform.person("rider"), await platform.person("admin")):
        assert (await stranger.get(f"/me/uploads/{file['id']}")).status == 404
        assert (await complete(stranger, file)).status == 404


async def test_a_person_has_a_limited_number_of_files_that_nothing_uses(platform: Platform) -> None:
    rider = await platform.person("rider")
    most = platform.container.settings.files.unattached_max
    for _ in range(most):
        await begun(rider, "bike_photo", JPEG)
    body = {"purpose": "bike_photo", "content_type": "image/jpeg", "size": 10}
    reply = await rider.post("/me/uploads", body)
    assert (reply.status, reply.code) == (409, "too_many_uploads")


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"not a form",
        b'--b\r\nContent-Disposition: form-data; name="key"\r\n\r\nx\r\n--b--\r\n',
        b'--b\r\nContent-Disposition: form-data; name="key"\r\n\r\n' + b"x" * 5_000 + b"\r\n--b--\r\n",
        b'--b\r\nContent-Disposition: form-data; name="policy"\r\n\r\n',
        b"--b\r\nno header\r\n\r\nx\r\n--b--\r\n",
    ],
)
async def test_a_body_that_is_no_form_is_refused(platform: Platform, raw: bytes) -> None:
    headers = {"content-type": "multipart/form-data; boundary=b"}
    reply = await platform.anonymous().post("/uploads", raw=raw, headers=headers)
    assert (reply.status, reply.code) == (422, "validation_failed"), reply.body


async def test_a_form_must_end_with_its_file(platform: Platform) -> None:
    rider: CheckedClient = await platform.person("rider")
    file = await begun(rider, "bike_photo", JPEG)
    fields = file["upload"]["fields"]
    head = b"".join(
        f'--b\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in fields.items()
    )
    start = head + b'--b\r\nContent-Disposition: form-data; name="file"; filename="x"\r\n\r\n' + JPEG
    for end in (b"", b'\r\n--b\r\nContent-Disposition: form-data; name="x"\r\n\r\ny\r\n--b--\r\n'):
        reply = await platform.anonymous().post(
            "/uploads", raw=start + end, headers={"content-type": "multipart/form-data; boundary=b"}
        )
        assert reply.status == 422, reply.body
        assert await objects_of(platform, file["id"]) == set()


async def test_what_others_see_is_upright_and_names_no_place(platform: Platform) -> None:
    rider = await platform.person("rider")
    taken = photos.jpeg(photos.quarters(800, 480), orientation=6) + photos.VIDEO
    file = await uploaded(platform, rider, "rescue_photo", taken)
    assert (file["width"], file["height"], file["content_type"]) == (480, 800, "image/jpeg")
    sizes = []
    for link in ("url", "preview_url", "thumbnail_url"):
        async with platform.api.session.get(file[link]) as response:
            shown = await response.read()
        assert photos.PLACE.encode() not in shown
        sizes.append(Image.open(io.BytesIO(shown)).size)
    assert sizes == [(480, 800), (480, 800), (192, 320)]


@pytest.mark.parametrize(
    ("content", "content_type", "reason"),
    [
        (photos.png_that_declares(60_000, 60_000), "image/png", "image_too_large"),
        (photos.jpeg()[:-600], "image/jpeg", "image_damaged"),
        (photos.jpeg() + b"<html><script>1</script>", "image/jpeg", "file_of_two_types"),
        (PDF + b"<html><script>1</script>", "application/pdf", "file_of_two_types"),
    ],
)
async def test_files_that_cannot_be_shown_are_refused_and_nothing_is_kept(
    platform: Platform, content: bytes, content_type: str, reason: str
) -> None:
    driver = await platform.person("driver")
    file = await begun(driver, "driver_document", content, content_type)
    assert (await post(platform, file, content))[0] == 204
    expect(await driver.post(f"/me/uploads/{file['id']}/completion"), 200)
    await platform.settle()
    refused = expect(await driver.get(f"/me/uploads/{file['id']}"), 200)
    assert (refused["state"], refused["reason"]) == ("refused", reason)
    assert refused["detail"]
    assert await platform.container.objects.list_objects(f"files/{file['id']}/") == []
