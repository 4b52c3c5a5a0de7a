"""The time-outs between a browser and a process fit each other (docs/deploying.md, "Load balancers").

Whoever is nearer to the client gives up a resting connection first, so that no request meets its end; no
socket is cut while both ends answer pings; the one who knows best why a request takes long answers first.
"""

from __future__ import annotations

import re
from pathlib import Path

from supportcarr.bootstrap.settings import ServerSettings
from supportcarr.gateway.settings import HttpSettings
from supportcarr.kit.http.protocol import IDLE_SECONDS
from supportcarr.realtime.transport import PING_SECONDS

DEPLOY = Path(__file__).parents[3] / "deploy"
EDGE = (DEPLOY / "nginx" / "edge.conf.template").read_text()
LOAD_BALANCER = (DEPLOY / "aws" / "supportcarr_aws" / "entrance.py").read_text()
ROUTES = (DEPLOY / "helm" / "supportcarr" / "templates" / "routes.yaml").read_text()


def block(head: str) -> str:
    """The directives of the first block of the edge's configuration that begins like this."""
    found = re.search(re.escape(head) + r"[^\n]*\{(.*?)\n\s*\}", EDGE, re.DOTALL)
    assert found, head
    return found[1]


def seconds(directive: str, text: str = EDGE) -> float:
    found = re.search(rf"^\s*{directive}\s+(\d+)s;", text, re.MULTILINE)
    assert found, directive
    return float(found[1])


def of_load_balancer(name: str) -> float:
    found = re.search(rf"{name}=Duration\.seconds\((\d+)\)", LOAD_BALANCER)
    assert found, name
    return float(found[1])


def test_pings_keep_a_socket_open_through_everything_between() -> None:
    silence = 2 * PING_SECONDS  # until an end that does not answer is given up
    edge = seconds("proxy_read_timeout", block("location ^~ /socket.io/"))
    assert silence < edge < of_load_balancer("idle_timeout")
    assert re.search(r"timeouts: \{ request: 0s, backendRequest: 0s \}", ROUTES)  # a Gateway cuts none


def test_a_resting_connection_is_given_up_by_the_one_nearer_to_the_client() -> None:
    edge = max(float(found) for found in re.findall(r"\bkeepalive_timeout\s+(\d+)s;", EDGE))
    assert of_load_balancer("keepalive_timeout") < of_load_balancer("idle_timeout") < edge
    to_api = seconds("keepalive_timeout", block("upstream "))
    assert to_api < ServerSettings().drain_idle_seconds < IDLE_SECONDS


def test_a_slow_request_is_answered_by_the_process_before_others_give_it_up() -> None:
    process = HttpSettings().request_seconds
    edge = seconds("proxy_read_timeout", EDGE[EDGE.index("ssl_session_tickets") :])
    assert process < edge < of_load_balancer("read_timeout")
