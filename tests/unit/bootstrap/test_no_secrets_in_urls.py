"""No route takes a secret in its path or query: URLs are logged by proxies and kept by browsers."""

from __future__ import annotations

import re

import msgspec

from supportcarr.bootstrap.commands import container_without_servers

SECRET = re.compile(r"token|secret|password|pin\b|code|api_?key|otp", re.IGNORECASE)


async def test_no_path_or_query_parameter_is_a_secret() -> None:
    routes = container_without_servers().routes()
    named = {
        f"{route.method} {route.path}": [
            *re.findall(r"{(\w+)}", route.path),
            *(field.encode_name for field in msgspec.structs.fields(route.query)),
        ]
        for route in routes
    }
    assert len(named) > 50
    assert {route: names for route, names in named.items() if any(map(SECRET.search, names))} == {}
