"""The headers and body of error responses."""

from __future__ import annotations

from supportcarr.contracts.errors import NotFound, RateLimited, Unauthenticated, ValidationFailed
from supportcarr.gateway.problems import MethodNotAllowed, Unavailable, headers_of
from supportcarr.kit.http.problems import problem_of


def test_a_problem_has_the_fields_of_the_interface() -> None:
    problem = problem_of(ValidationFailed.of("at.lat", "range", "too far north"), "req-1")
    assert (problem.status, problem.code, problem.request_id) == (422, "validation_failed", "req-1")
    assert problem.errors[0].field == "at.lat"
    assert problem.type.endswith(problem.code)


def test_seconds_to_wait_are_whole_and_at_least_one() -> None:
    assert headers_of(RateLimited(retry_after=0.2)) == [(b"retry-after", b"1")]
    assert headers_of(RateLimited(retry_after=12.01)) == [(b"retry-after", b"13")]
    assert headers_of(Unavailable()) == [(b"retry-after", b"1")]


def test_unauthenticated_has_a_www_authenticate_header() -> None:
    assert headers_of(Unauthenticated()) == [(b"www-authenticate", b"Bearer")]


def test_method_not_allowed_lists_the_allowed_methods() -> None:
    assert headers_of(MethodNotAllowed("GET, PATCH")) == [(b"allow", b"GET, PATCH")]


def test_other_errors_have_no_headers() -> None:
    assert headers_of(NotFound()) == []
