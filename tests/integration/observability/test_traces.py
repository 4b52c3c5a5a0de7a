"""Traces of real processes, as a receiver of OpenTelemetry's protocol decodes them."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

from support.http.server import PASSWORD, new_address, new_phone
from support.otlp import ReceivedSpan, otlp_receiver
from support.payments.world import running_emulator
from support.platform.fleet import Fleet
from support.ports import free_port
from support.realtime import connected_client
from supportcarr.supervisor.embedded_redis import EmbeddedRedis

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
BROWSER_SPAN = "00f067aa0ba902b7"
NAME = "Ana Zimmermann"


def leads_from_the_browser_to_a_job(spans: list[ReceivedSpan]) -> bool:
    """Whether each span's parent has come, up to the browser's, and the job is among them."""
    known = {span.id for span in spans} | {BROWSER_SPAN}
    whole = all(span.parent in known for span in spans) and any(span.parent == BROWSER_SPAN for span in spans)
    return whole and any(span.name.startswith("job ") for span in spans)


async def test_one_trace_leads_from_the_browser_through_the_api_to_the_job_of_a_worker(
    tmp_path: Path, own_redis_server: EmbeddedRedis
) -> None:
    async with (
        otlp_receiver() as receiver,
        running_emulator(tmp_path / "emulator") as emulator,
        Fleet(
            tmp_path,
            own_redis_server,
            TRACING_ENDPOINT=receiver.url,
            TRACING_HEADERS="x-key=of-the-test",
            TRACING_SAMPLE_RATIO="0",
            RELEASE="1.2.3-abcdef",
            TWILIO_ACCOUNT_SID=emulator.twilio_settings.account_sid,
            TWILIO_AUTH_TOKEN=emulator.twilio_settings.auth_token,
            TWILIO_API_BASE=emulator.base,
        ) as fleet,
    ):
        api = await fleet.start("api")
        worker = await fleet.start("worker")
        phone = new_phone()
        body = {"phone": phone, "password": PASSWORD, "name": NAME, "role": "rider"}
        headers = {
            "traceparent": f"00-{TRACE}-{BROWSER_SPAN}-01",
            "idempotency-key": phone,
            "x-forwarded-for": new_address(),
        }
        url = f"{api.url}/api/v1/auth/sign-up"
        async with fleet.session.post(url, json=body, headers=headers) as response:
            assert response.status == 201
            request_id = response.headers["x-request-id"]
            token = (await response.json())["access_token"]
        await fleet.request(api, "GET", "/me", token=token)  # of no trace
        await receiver.wait_for(leads_from_the_browser_to_a_job)
        while await fleet.metric(worker, "tracing_spans_exported_total") == 0:
            await asyncio.sleep(0.05)  # it counts them once the receiver has responded
        for process in (api, worker):  # each exports for itself, and the rest when it ends
            await process.end()
        lines = [
            line
            for process in (api, worker)
            for line in map(json.loads, process.log.read_text().splitlines())
            if line.get("request_id") == request_id
        ]

    spans = {span.id: span for span in receiver.spans}
    assert {span.trace for span in spans.values()} == {TRACE}
    (gateway,) = (span for span in spans.values() if span.parent == BROWSER_SPAN)
    assert (gateway.service, gateway.name) == ("supportcarr-api", "POST /api/v1/auth/sign-up")
    assert gateway.attributes["http.route"] == "/api/v1/auth/sign-up"
    assert gateway.attributes["http.response.status_code"] == 201
    assert gateway.attributes["supportcarr.request_id"] == request_id

    job = next(span for span in spans.values() if span.name.startswith("job "))
    assert job.service == "supportcarr-worker"
    event = spans[job.parent]
    assert event.name.startswith("event ")
    assert event.service == "supportcarr-api"
    saved = spans[event.parent]  # the store's operation that saved the event
    assert (saved.service, spans[saved.parent]) == ("supportcarr-api", gateway)
    names = {span.name for span in spans.values()}
    assert "insert users" in names
    assert any(name.startswith("redis ") for name in names)
    assert any(span.name == "twilio" and spans[span.parent] == job for span in spans.values())
    assert receiver.headers[0]["x-key"] == "of-the-test"

    # the same work by its request id, in the logs of both processes
    assert {(line["event"], line.get("trace_id")) for line in lines} >= {
        ("request", TRACE),
        ("job_done", TRACE),
    }
    sent = b"".join(receiver.bodies)
    for personal in (phone, phone.removeprefix("+1"), NAME, "Zimmermann", PASSWORD, token):
        assert personal.encode() not in sent


async def test_a_trace_goes_on_to_the_process_that_delivers_to_a_socket(
    tmp_path: Path, own_redis_server: EmbeddedRedis
) -> None:
    """A copy of somebody's data is asked for; a worker's job makes it, and its notification arrives."""
    async with (
        otlp_receiver() as receiver,
        Fleet(tmp_path, own_redis_server, TRACING_ENDPOINT=receiver.url, TRACING_SAMPLE_RATIO="0") as fleet,
    ):
        api = await fleet.start("api")
        await fleet.start("worker")
        sockets = await fleet.start("realtime")
        ids: dict[bool, str] = {}
        for traced in (True, False):
            token = await fleet.sign_up(api, new_phone())
            headers = {"authorization": f"Bearer {token}", "idempotency-key": new_phone()}
            if traced:
                headers["traceparent"] = f"00-{TRACE}-{BROWSER_SPAN}-01"
            async with connected_client(sockets.url, token) as client:
                url = f"{api.url}/api/v1/me/exports"
                async with fleet.session.post(url, headers=headers) as response:
                    assert response.status in (201, 202), await response.text()
                    ids[traced] = response.headers["x-request-id"]
                await client.received.wait_until(lambda it: bool(it.payloads("notification:new")))
        await receiver.wait_for(lambda spans: any(span.name.startswith("deliver ") for span in spans))
        await receiver.wait_for(lambda spans: any(span.name == "realtime.publish" for span in spans))
        await sockets.end()  # which writes and exports the rest
        lines = [json.loads(line) for line in sockets.log.read_text().splitlines()]

    spans = {span.id: span for span in receiver.spans}
    assert {span.trace for span in spans.values()} == {TRACE}, "nothing of the other request is traced"
    (delivered,) = (span for span in spans.values() if span.name.startswith("deliver "))
    assert (delivered.service, delivered.name) == ("supportcarr-realtime", "deliver notification:new")
    assert delivered.attributes["supportcarr.request_id"] == ids[True]
    published = spans[delivered.parent]
    assert (published.service, published.name) == ("supportcarr-worker", "realtime.publish")
    received = {line["request_id"]: line for line in lines if line["event"] == "event_received"}
    assert received.keys() == set(ids.values())
    for traced, trace in ((True, TRACE), (False, None)):
        line = received[ids[traced]]
        assert (line["name"], line["clients"], line.get("trace_id")) == ("notification:new", 1, trace)


async def test_an_endpoint_that_is_down_costs_spans_and_nothing_else(
    tmp_path: Path, own_redis_server: EmbeddedRedis
) -> None:
    down = f"http://127.0.0.1:{free_port()}/v1/traces"
    async with Fleet(
        tmp_path,
        own_redis_server,
        TRACING_ENDPOINT=down,
        TRACING_SAMPLE_RATIO="1",
        TRACING_QUEUE_SPANS="20",
    ) as fleet:
        api = await fleet.start("api")
        token = await fleet.sign_up(api, new_phone())
        for _ in range(20):
            assert (await fleet.request(api, "GET", "/me", token=token)).status == 200
        dropped = await fleet.metric(api, "tracing_spans_dropped_total")
        waiting = await fleet.metric(api, "tracing_spans_waiting")
        api.process.terminate()
        assert await api.process.wait() == 0
    assert dropped > 0
    assert waiting <= 20


async def test_who_calls_cannot_have_more_requests_traced_than_allowed(
    tmp_path: Path, own_redis_server: EmbeddedRedis
) -> None:
    async with (
        otlp_receiver() as receiver,
        Fleet(
            tmp_path,
            own_redis_server,
            TRACING_ENDPOINT=receiver.url,
            TRACING_SAMPLE_RATIO="0",
            TRACING_ASKED_PER_SECOND="0",
        ) as fleet,
    ):
        api = await fleet.start("api")
        headers = {"traceparent": f"00-{TRACE}-{BROWSER_SPAN}-01"}
        async with fleet.session.get(f"{api.url}/api/v1/me", headers=headers) as response:
            assert response.status == 401
        await api.end()
    assert receiver.spans == []
