"""What each rule of a setting takes and refuses; its words end the sentence "X is not valid: ..."."""

from __future__ import annotations

from pathlib import Path

import pytest

from supportcarr.kit.runtime import setting_rules as rules
from supportcarr.kit.runtime.setting_rules import Rule

GOOD: list[tuple[Rule, str]] = [
    (rules.host, "127.0.0.1"),
    (rules.host, "::1"),
    (rules.host, "0.0.0.0"),
    (rules.host, "api.internal"),
    (rules.host, "localhost"),
    (rules.networks, "10.0.0.0/8, 127.0.0.1,fd00::/8"),
    (rules.http_url, "http://127.0.0.1:8002/base"),
    (rules.origin, "https://supportcarr.example"),
    (rules.origin, "http://[::1]:8000/"),
    (rules.origins, "https://a.example,https://b.example:8443"),
    (rules.content_sources, "https://*.tiles.example"),
    (rules.https_url, "https://tiles.example/style.json?key=1"),
    (rules.https_url, "http://localhost:8080/style.json"),
    (rules.store_url, "sqlite:///relative.sqlite3"),
    (rules.store_url, "mongodb+srv://user:secret@cluster.example/supportcarr"),
    (rules.redis_url, "redis://:password@127.0.0.1:6379/0"),
    (rules.redis_url, "rediss://cache.example"),
    (rules.redis_url, "unix:///run/redis.sock?db=2"),
    (rules.at_least(4), "four"),
    (rules.printable_ascii, "sk_test_1"),
]
BAD: list[tuple[Rule, str, str]] = [
    (rules.host, "999.1.1.1", "neither an IP address nor a host name"),
    (rules.host, "a b", "neither"),
    (rules.host, "http://x", "neither"),
    (rules.networks, "foo", "'foo' is no IP address or network"),
    (rules.networks, "10.0.0.1/8", "host bits set"),
    (rules.http_url, "notaurl", "must be a URL"),
    (rules.http_url, "javascript:alert(1)", "must be a URL"),
    (rules.http_url, "http://", "must be a URL"),
    (rules.http_url, "http://x:99999", "not a URL"),
    (rules.http_url, "http://user:secret@x", "must not contain a user"),
    (rules.origin, "https://x.example/path", "no path"),
    (rules.origins, "https://x.example,evil", "'evil'"),
    (rules.origins, "*", "must be a URL"),
    (rules.https_url, "http://tiles.example/style.json", "https://"),
    (rules.store_url, "postgres://x", "must begin with sqlite:///"),
    (rules.store_url, "sqlite:///", "followed by a path"),
    (rules.redis_url, "http://x", "begins with redis://"),
    (rules.redis_url, "redis://x/first", "is a number"),
    (rules.redis_url, "redis://x:port", "ort"),
    (rules.at_least(4), "two", "at least 4 characters"),
    (rules.printable_ascii, "sk é", "printable ASCII"),
]


@pytest.mark.parametrize(("check", "value"), GOOD)
def test_a_right_value_is_taken(check: Rule, value: str) -> None:
    check(value)


@pytest.mark.parametrize(("check", "value", "reason"), BAD)
def test_a_wrong_value_is_refused_with_its_reason(check: Rule, value: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason.replace("(", r"\(")):
        check(value)


def test_a_file_needs_its_folder(tmp_path: Path) -> None:
    rules.file_in_folder(str(tmp_path / "log"))
    for wrong in (tmp_path, tmp_path / "missing" / "log"):
        with pytest.raises(ValueError, match="folder"):
            rules.file_in_folder(str(wrong))
