"""A fake platform for simulated riders and drivers: the part of the public API that they use, in memory.

It can be told to misbehave: to lose an event, to fail requests, to lose its streams.
"""

from __future__ import annotations

import time
from collections import defaultdict
from datetime import UTC, datetime
from typing import Any

from aiohttp import web

from support.simulator.city_records import rescue_record
from support.simulator.fake_streams import FakeStreams
from supportcarr.contracts.actors import SYSTEM, Actor, Role
from supportcarr_lab.simulator.city_time import CityTime, format_time
from supportcarr_lab.verification import records
from supportcarr_lab.verification.invariants import FINAL, amounts_due

CITY_START = datetime(2026, 11, 23, 21, 0, tzinfo=UTC)  # 16:00 in Montréal, a Monday
TOTAL = 2400
CODE = "042137"  # of every text message
HOLD_S, MATCHING_S, NO_SHOW_S = 1.0, 480.0, 600.0


class Problem(Exception):
    """An error response."""

    def __init__(self, status: int, code: str) -> None:
        self.status, self.code = status, code
        super().__init__(code)


class FakeCity(FakeStreams):
    """Start it with ``async with``; ``base_url`` serves both HTTP and Socket.IO."""

    def __init__(self, *, speed: float = 600.0, offer_s: float = 120.0) -> None:
        self.offer_s = offer_s  # long, because the city of the tests is very fast
        super().__init__(CityTime(CITY_START.timestamp(), time.time(), speed))
        self.users: dict[str, dict[str, Any]] = {}  # by phone
        self.rescues: dict[str, dict[str, Any]] = {}
        self.offers: dict[str, dict[str, Any]] = {}
        self.payments: dict[str, dict[str, Any]] = {}
        self.notifications: list[dict[str, Any]] = []
        self.cards: dict[str, list[dict[str, Any]]] = defaultdict(list)
        self.created: dict[str, Any] = {}  # by Idempotency-Key
        self.passwords_hashed = 0
        self.fail: list[int] = []  # statuses of the next responses; their requests are carried out
        self.access_tokens_end_after: int | None = None  # number of requests

    async def __aenter__(self) -> FakeCity:
        app = web.Application(middlewares=[self._edge])
        self._sio.attach(app)
        app.router.add_route("*", "/api/v1/{tail:.*}", self._route)
        app.router.add_get("/sandbox/messages", self._messages)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        port = self._runner.addresses[0][1]
        self.base_url = f"http://127.0.0.1:{port}"
        self.enroll("+15145550001", "admin")
        self._spawn(self._send_positions_for_ever())
        return self

    async def __aexit__(self, *error: object) -> None:
        await self._end_tasks()
        await self._runner.cleanup()

    def enroll(self, phone: str, role: str, name: str = "Admin") -> dict[str, Any]:
        number = f"{next(self._numbers):026d}"
        user: dict[str, Any] = {"id": f"usr_{number}", "phone": phone, "role": role, "name": name}
        user |= {"password": "secret-admin", "approved": False, "online": False, "vehicles": []}
        user["phone_verified"] = role == "admin"
        self.users[phone] = user
        return user

    def _later(self, city_seconds: float, act: Any, *args: Any) -> None:
        async def wait() -> None:
            await self.time.sleep(city_seconds)
            act(*args)

        self._spawn(wait())

    # --- HTTP ---------------------------------------------------------------------------------

    @web.middleware
    async def _edge(self, request: web.Request, handler: Any) -> web.StreamResponse:
        if not request.path.startswith("/api"):
            response: web.StreamResponse = await handler(request)
            return response
        self.addresses.add(request.headers.get("X-Forwarded-For", ""))
        try:
            response = await handler(request)
        except Problem as problem:
            response = web.json_response({"code": problem.code, "detail": ""}, status=problem.status)
        if self.fail and not request.path.endswith("/clock"):
            status = self.fail.pop(0)
            headers = {"Retry-After": "0"} if status == 503 else {}
            return web.json_response({"code": "overloaded"}, status=status, headers=headers)
        return response

    async def _route(self, request: web.Request) -> web.Response:
        body = await request.json() if request.can_read_body else {}
        parts = request.path.removeprefix("/api/v1/").split("/")
        key = request.headers.get("Idempotency-Key")
        if key and key in self.created:
            return web.json_response(self.created[key]())
        match (request.method, *parts):
            case ("GET", "clock"):
                return self._clock()
            case ("POST", "auth", "phone-verification"):
                return self._verify(request, body)
            case ("POST", "auth", what):
                return self._auth(what, body)
        user = self._user(request)
        body, replay = self._act(user, request.method, parts, body)
        if key and replay:
            self.created[key] = replay
        return web.json_response(body)

    def _clock(self) -> web.Response:
        wall = format_time(time.time())
        return web.json_response(
            {"city_time": self.time.formatted(), "wall_time": wall, "speed": self.time.speed}
        )

    async def _messages(self, request: web.Request) -> web.Response:
        """The text messages to a number: every code is the same."""
        known = request.query["to"] in self.users
        texts = [{"body": f"{CODE} is your SupportCarr code."}] if known else []
        return web.json_response({"messages": texts})

    def _verify(self, request: web.Request, body: dict[str, Any]) -> web.Response:
        user = self._user(request)
        if body["code"] != CODE:
            raise Problem(422, "code_wrong")
        user["phone_verified"] = True
        token = request.headers["Authorization"].removeprefix("Bearer ")
        return web.json_response({"user": {"id": user["id"], "phone_verified": True}, "access_token": token})

    def _auth(self, what: str, body: dict[str, Any]) -> web.Response:
        if what == "refresh":
            user = self.tokens.pop(body["refresh_token"], None)
        elif what == "sign-up":
            self.passwords_hashed += 1
            user = self.users.get(body["phone"])
            if user is None:
                user = self.enroll(body["phone"], body["role"], body["name"])
                user["password"] = body["password"]
        else:
            self.passwords_hashed += 1
            user = self.users.get(body["phone"])
        if user is None or body.get("password", user["password"]) != user["password"]:
            raise Problem(401, "unauthenticated")
        number = next(self._numbers)
        self.tokens[f"access-{number}"] = self.tokens[f"refresh-{number}"] = user
        return web.json_response(
            {
                "user": {"id": user["id"], "phone_verified": user["phone_verified"]},
                "access_token": f"access-{number}",
                "refresh_token": f"refresh-{number}",
            }
        )

    def _user(self, request: web.Request) -> dict[str, Any]:
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if self.access_tokens_end_after is not None:
            self.access_tokens_end_after -= 1
            if self.access_tokens_end_after <= 0:
                self.access_tokens_end_after = None
                self.tokens.pop(token, None)
        if token not in self.tokens:
            raise Problem(401, "unauthenticated")
        return self.tokens[token]

    def _act(self, user: dict[str, Any], method: str, parts: list[str], body: Any) -> tuple[Any, Any]:
        match (method, *parts):
            case ("GET", "me", "driver-application"):
                return {"state": "approved" if user["approved"] else "applied", "missing": []}, None
            case ("PUT", "me", "driver-application"):
                return {}, None
            case ("POST", "me", "driver-application", "submission"):
                return {}, None
            case ("POST", "admin", "drivers", driver_id, "approval"):
                self._person(driver_id)["approved"] = user["role"] == "admin"
                return {}, None
            case ("GET", "me", "vehicles"):
                return {"items": user["vehicles"]}, None
            case ("POST", "me", "vehicles"):
                user["vehicles"].append(body | {"id": f"veh_{next(self._numbers)}"})
                return user["vehicles"][-1], None
            case ("PUT", "me", "availability"):
                if body["online"] and not user["approved"]:
                    raise Problem(409, "driver_not_approved")
                user["online"] = body["online"]
                return {}, None
            case ("POST", "me", "positions"):
                self.positions[user["id"]].append(body)
                return {"accepted": 1, "refused": []}, None
            case ("GET", "me", "notifications"):
                mine = [n for n in self.notifications if n["user_id"] == user["id"]]
                return {"items": mine[::-1][:100], "next_cursor": None}, None
            case ("GET", "me", "bikes"):
                return {"items": []}, None
            case ("POST", "me", "bikes" | "places"):
                return body | {"id": f"bik_{next(self._numbers)}"}, None
            case ("POST", "rescues", _, "rating"):
                return {}, None
            case ("GET", "me", "payment-methods"):
                return {"items": self.cards[user["id"]]}, None
            case ("POST", "me", "payment-methods"):
                return self._attach(user, body["stripe_payment_method"]), None
            case ("POST", "quotes"):
                quote = body | {"id": f"quo_{next(self._numbers)}", "total_minor": TOTAL}
                return quote, None
            case ("GET", "me", "offers"):
                mine = [o for o in self.offers.values() if o["driver_id"] == user["id"]]
                return {"items": [o for o in mine if o["state"] == "open"]}, None
            case ("POST", "offers", offer_id, answer):
                return self._answer_offer(user, self.offers[offer_id], answer), None
            case ("GET", "rescues"):
                mine = [r for r in self.rescues.values() if user["id"] in (r["rider_id"], r["driver_id"])]
                return {"items": [self._view(r, user) for r in mine[::-1]], "next_cursor": None}, None
            case ("POST", "rescues"):
                rescue = self._request(user, body)
                return self._view(rescue, user), lambda: self._view(rescue, user)
            case ("GET", "rescues", rescue_id):
                return self._view(self.rescues[rescue_id], user), None
            case ("GET", "rescues", _, "cancellation"):
                return {"fee_minor": 0, "currency": "CAD"}, None
            case ("POST", "rescues", rescue_id, step):
                return self._step(user, self.rescues[rescue_id], step, body), None
        raise Problem(404, "not_found")

    def _person(self, user_id: str) -> dict[str, Any]:
        return next(user for user in self.users.values() if user["id"] == user_id)

    def _attach(self, user: dict[str, Any], name: str) -> dict[str, Any]:
        if name == "pm_card_chargeDeclined":
            raise Problem(402, "card_declined")  # as at Stripe: declined when it is attached
        last4 = "4242" if name == "pm_card_visa" else "0341"
        self.cards[user["id"]].append({"id": f"pmt_{next(self._numbers)}", "last4": last4})
        return self.cards[user["id"]][-1]

    # --- rescues ---------------------------------------------------------------------------------

    def _request(self, user: dict[str, Any], body: dict[str, Any]) -> dict[str, Any]:
        live = [r for r in self.rescues.values() if r["rider_id"] == user["id"]]
        if any(r["status"] not in FINAL for r in live):
            raise Problem(409, "rider_has_live_rescue")
        number = next(self._numbers)
        rescue: dict[str, Any] = {
            "id": f"res_qc_{number:026d}",
            "rider_id": user["id"],
            "driver_id": None,
            "status": None,
            "version": 0,
            "timeline": [],
            "drivers": [],
            "pin": f"{number % 10_000:04d}",
            "declined": set(),
            "created_at": self.time.now(),
            "outcome": None,
            "price": None,
            "arrived_at": 0.0,
        }
        self.rescues[rescue["id"]] = rescue
        card = next(c for c in self.cards[user["id"]] if c["id"] == body["payment_method_id"])
        payment = {"id": f"pay_{number:026d}", "status": "holding", "captured": 0, "operations": []}
        self.payments[rescue["id"]] = payment | {"driver_id": None, "intent": f"pi_{number}"}
        self._move(rescue, "requested", Actor("rider", user["id"]))
        self._later(HOLD_S, self._held, rescue, card["last4"] == "4242")
        return rescue

    def _held(self, rescue: dict[str, Any], good: bool) -> None:
        payment = self.payments[rescue["id"]]
        self._pay(rescue, "hold", "succeeded" if good else "failed", TOTAL)
        payment["status"] = "held" if good else "failed"
        if rescue["status"] in FINAL:
            self._settle(rescue)
        elif good:
            self._move(rescue, "matching", SYSTEM)
            self._search(rescue, rescue["version"])
        else:
            self._move(rescue, "rejected", SYSTEM)

    def _search(self, rescue: dict[str, Any], version: int) -> None:
        if rescue["version"] != version:
            return
        since = rescue["timeline"][-1].at
        if self.time.now() - since > MATCHING_S:
            self._move(rescue, "unserved", SYSTEM)
            self._settle(rescue)
            return
        busy = {r["driver_id"] for r in self.rescues.values() if r["status"] not in FINAL}
        busy |= {o["driver_id"] for o in self.offers.values() if o["state"] == "open"}
        free = [
            user
            for user in self.users.values()
            if user["role"] == "driver" and user["online"] and user["id"] not in busy | rescue["declined"]
        ]
        if not free:
            self._later(2, self._search, rescue, version)
            return
        offer = {
            "id": f"off_{next(self._numbers):026d}",
            "rescue_id": rescue["id"],
            "driver_id": free[0]["id"],
            "made_at": self.time.now(),
            "state": "open",
        }
        self.offers[offer["id"]] = offer
        self._publish(offer["driver_id"], f"{offer['id']}.1.0", "offer:new", offer)
        self._later(self.offer_s, self._close_offer, offer, "expired")

    def _close_offer(self, offer: dict[str, Any], outcome: str) -> None:
        if offer["state"] != "open":
            return
        offer["state"] = outcome
        data = {"offer_id": offer["id"], "rescue_id": offer["rescue_id"], "outcome": outcome}
        self._publish(offer["driver_id"], f"{offer['id']}.2.0", "offer:closed", data)
        rescue = self.rescues[offer["rescue_id"]]
        if outcome in ("declined", "expired") and rescue["status"] == "matching":
            rescue["declined"].add(offer["driver_id"])
            self._search(rescue, rescue["version"])

    def _answer_offer(self, user: dict[str, Any], offer: dict[str, Any], answer: str) -> dict[str, Any]:
        outcome = "accepted" if answer == "acceptance" else "declined"
        if offer["state"] == outcome:
            return offer
        rescue = self.rescues[offer["rescue_id"]]
        if offer["state"] != "open" or rescue["status"] != "matching":
            raise Problem(409, "offer_closed")
        self._close_offer(offer, outcome)
        if outcome == "accepted":
            rescue["driver_id"] = user["id"]
            rescue["drivers"].append(user["id"])
            self._move(rescue, "assigned", SYSTEM)
        return offer

    STEPS = {
        "departure": ("assigned", "en_route"),
        "arrival": ("en_route", "arrived"),
        "start": ("arrived", "in_transit"),
        "completion": ("in_transit arrived", "completed"),
        "no-show": ("arrived", "no_show"),
        "abort": ("arrived in_transit", "aborted"),
        "release": ("assigned en_route arrived", "matching"),
        "cancellation": ("requested matching assigned en_route arrived", "cancelled"),
    }

    def _agreed(self, rescue: dict[str, Any], body: dict[str, Any]) -> bool:
        """Whether the rider agrees to the price; otherwise they are asked."""
        if body.get("pin") == rescue["pin"]:
            return True
        fix = rescue.setdefault("fix", {})
        fix["price_minor"] = body["price_minor"]
        return bool(fix.get("confirmed_minor", -1) >= body["price_minor"])

    def _step(self, user: dict[str, Any], rescue: dict[str, Any], step: str, body: Any) -> Any:
        if step == "messages":
            return {}
        if step == "fix-confirmation":
            rescue["fix"]["confirmed_minor"] = body["price_minor"]
            return self._view(rescue, user)
        before, after = self.STEPS[step]
        if rescue["timeline"][-1].actor.id == user["id"] and rescue["status"] == after:
            return self._view(rescue, user)
        if rescue["status"] not in before.split():
            raise Problem(409, "illegal_transition")
        if step == "start" and body["pin"] != rescue["pin"]:
            raise Problem(422, "pin_wrong")
        if step == "no-show" and self.time.now() < rescue["arrived_at"] + NO_SHOW_S:
            raise Problem(409, "too_early")
        if step == "completion" and body["outcome"] == "fixed_on_spot" and not self._agreed(rescue, body):
            raise Problem(409, "rider_confirmation_required")
        if step == "completion":
            rescue["outcome"], rescue["price"] = body["outcome"], body.get("price_minor")
        if step == "arrival":
            rescue["arrived_at"] = self.time.now()
        driver = rescue["driver_id"]
        if step == "release":
            rescue["driver_id"] = None
            rescue["declined"].add(driver)
        role: Role = "rider" if user["id"] == rescue["rider_id"] else "driver"
        self._move(rescue, after, Actor(role, user["id"]), also=driver)
        if step == "release":
            self._search(rescue, rescue["version"])
        if after in FINAL:
            self._close_offers_of(rescue)
            self._settle(rescue)
        return self._view(rescue, user)

    def _close_offers_of(self, rescue: dict[str, Any]) -> None:
        for offer in list(self.offers.values()):
            if offer["rescue_id"] == rescue["id"]:
                self._close_offer(offer, "withdrawn")

    def _move(self, rescue: dict[str, Any], to: str, actor: Actor, also: str | None = None) -> None:
        previous = rescue["status"]
        rescue["status"], rescue["version"] = to, rescue["version"] + 1
        entry = records.TimelineEntry(
            at=self.time.now(), from_=previous, to=to, actor=actor, version=rescue["version"]
        )
        rescue["timeline"].append(entry)
        data = {
            "rescue_id": rescue["id"],
            "status": to,
            "version": rescue["version"],
            "previous": previous,
        }
        for user_id in {rescue["rider_id"], rescue["driver_id"], also} - {None}:
            event_id = f"{rescue['id']}.{rescue['version']}.0"
            self._publish(user_id, event_id, "rescue:status_update", data)
        if to in ("assigned", "completed"):
            note = {"id": f"ntf_{next(self._numbers):026d}", "user_id": rescue["rider_id"], "kind": to}
            self.notifications.append(note | {"at": entry.at})
            self._publish(rescue["rider_id"], f"{note['id']}.1.0", "notification:new", note)

    def _settle(self, rescue: dict[str, Any]) -> None:
        payment = self.payments[rescue["id"]]
        if payment["status"] != "held":
            return
        payment["driver_id"] = rescue["driver_id"]
        charge, _ = amounts_due(rescue_record(rescue, TOTAL))
        if charge:
            payment["status"], payment["captured"] = "captured", charge
            self._pay(rescue, "capture" if rescue["status"] == "completed" else "fee", "succeeded", charge)
        else:
            payment["status"] = "released"
            self._pay(rescue, "release", "succeeded", TOTAL)

    def _pay(self, rescue: dict[str, Any], kind: str, status: str, amount: int) -> None:
        payment = self.payments[rescue["id"]]
        payment["operations"].append(records.PaymentOperation(kind=kind, status=status, amount=amount))
        data = {"rescue_id": rescue["id"], "payment_id": payment["id"], "kind": kind, "status": status}
        data |= {"amount_minor": amount, "currency": "CAD"}
        people = {rescue["rider_id"], payment["driver_id"]} - {None}
        for user_id in people:
            event_id = f"{payment['id']}.{len(payment['operations'])}.0"
            self._publish(user_id, event_id, "payment:processed", data)

    def _view(self, rescue: dict[str, Any], user: dict[str, Any]) -> dict[str, Any]:
        payment = self.payments[rescue["id"]]
        place = {"lat": 45.52, "lng": -73.57}
        view = {
            "id": rescue["id"],
            "status": rescue["status"],
            "version": rescue["version"],
            "pickup": place,
            "dropoff": {"lat": 45.525, "lng": -73.575},
            "quote": {"total_minor": TOTAL},
            "rider": {"id": rescue["rider_id"]},
            "payment": {
                "status": payment["status"],
                "captured_minor": payment["captured"],
                "refunded_minor": 0,
            },
        }
        if rescue["driver_id"]:
            view["driver"] = {"id": rescue["driver_id"]}
        if user["id"] == rescue["rider_id"]:
            view["pin"] = rescue["pin"]
        if "fix" in rescue:
            view["fix"] = rescue["fix"]
        return view

    def put_offline(self, user: dict[str, Any]) -> None:
        """Put a driver who missed too many offers offline, with a notification."""
        user["online"] = False
        note = {"id": f"ntf_{next(self._numbers):026d}", "user_id": user["id"], "kind": "driver_offline"}
        self.notifications.append(note | {"at": self.time.now()})
        self._publish(user["id"], f"{note['id']}.1.0", "notification:new", note)
