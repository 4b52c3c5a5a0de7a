"""Compare responses with what the OpenAPI document and the routes declare."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from jsonschema_rs import Draft202012Validator

from support.http.server import Reply
from supportcarr.contracts.routing import Route

API = "/api/v1"

# Codes that any route may respond with.
COMMON_CODES = frozenset(
    {
        "body_too_large",
        "conflict",
        "forbidden",
        "idempotency_key_required",
        "idempotency_key_reused",
        "invalid_header",
        "malformed_body",
        "method_not_allowed",
        "not_found",
        "overloaded",
        "phone_not_verified",
        "rate_limited",
        "request_timeout",
        "stale_version",
        "step_up_required",
        "totp_required",
        "unauthenticated",
        "unavailable",
        "unsupported_media_type",
        "validation_failed",
    }
)
PROBLEM_FIELDS = {"type", "title", "status", "detail", "code", "request_id", "errors"}
_SNAKE = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")


class Contract:
    """The OpenAPI document, prepared for checking responses."""

    def __init__(self, document: dict[str, Any], routes: Sequence[Route]) -> None:
        self.document = document
        self.under_faults = False  # if true, a 503 with Retry-After is a valid response
        self.seen: set[tuple[str, str, int]] = set()
        self._codes: dict[tuple[str, str], frozenset[str]] = {
            (route.method, route.path): frozenset(route.codes) for route in routes
        }
        self._validators: dict[tuple[str, str, str], Draft202012Validator] = {}
        templates = sorted(document["paths"], key=lambda path: ("{" in path, path))
        self._shapes = [(re.compile(re.sub(r"{\w+}", "[^/]+", t) + "/?"), t) for t in templates]

    def check(self, method: str, path: str, reply: Reply) -> None:
        """Raise ``AssertionError`` if the response does not match the document.

        *path* is below the API, with or without a query; one that begins with ``//`` is outside the API
        and only checked against the rules for every response.
        """
        at = f"{method} {path[:120]} → {reply.status} {reply.code or ''}"
        polite = self.under_faults and reply.status == 503 and int(reply.headers["retry-after"]) >= 1
        assert reply.status < 500 or polite, f"{at}: {reply.body}"
        assert reply.headers["x-request-id"], at
        assert reply.headers["x-content-type-options"] == "nosniff", at
        if reply.status >= 400 and method != "HEAD":
            _is_problem(at, reply)
        template = None if path.startswith("//") else self.template(path.partition("?")[0])
        operation = self.document["paths"].get(template, {}).get(method.lower()) if template else None
        if template is None or operation is None:
            return
        self.seen.add((method, template, reply.status))
        if reply.status == 304:
            return
        declared = operation["responses"].get(str(reply.status))
        assert declared is not None, f"{at}: the document does not declare this status"
        if reply.status >= 400:
            known = COMMON_CODES | self._codes.get((method, template), frozenset())
            assert reply.code in known, f"{at}: the route does not declare this code"
        self._check_content(at, method, template, reply, declared)

    def template(self, path: str) -> str | None:
        """The declared path that this one is an instance of."""
        return next((template for shape, template in self._shapes if shape.fullmatch(path)), None)

    def _check_content(self, at: str, method: str, template: str, reply: Reply, declared: Any) -> None:
        if "$ref" in declared:
            name = declared["$ref"].rpartition("/")[2]
            declared = self.document["components"]["responses"][name]
        content = declared.get("content")
        if content is None:
            assert reply.body == b"", f"{at}: the document says that there is no body"
            return
        media = reply.headers["content-type"].partition(";")[0]
        assert media in content, f"{at}: {media} is not declared"
        schema = content[media]["schema"]
        if isinstance(reply.body, bytes):
            assert schema == {"type": "string", "contentMediaType": media}, f"{at}: a file is not declared"
            return
        key = (method, template, str(reply.status))
        validator = self._validators.get(key)
        if validator is None:
            whole = {**schema, "components": self.document["components"]}
            validator = self._validators[key] = Draft202012Validator(whole)
        wrong = [f"{error.instance_path}: {error.message}" for error in validator.iter_errors(reply.body)]
        assert not wrong, f"{at}: {wrong}"


def _is_problem(at: str, reply: Reply) -> None:
    """Check that it is a problem document, without internals of the server in it."""
    assert reply.headers["content-type"] == "application/problem+json", at
    problem = reply.body
    assert set(problem) == PROBLEM_FIELDS, f"{at}: {problem}"
    assert problem["status"] == reply.status, at
    assert _SNAKE.fullmatch(problem["code"]), at
    assert problem["request_id"] == reply.headers["x-request-id"], at
    assert problem["title"], at
    assert problem["detail"], at
    for error in problem["errors"]:
        assert set(error) == {"field", "code", "detail"}, at
        assert _SNAKE.fullmatch(error["code"]), at
    assert "Traceback" not in str(problem), at
    assert "supportcarr." not in str(problem), at
