"""The nginx configuration of one machine, from the template of the edge: one text for both."""

from __future__ import annotations

import re

HEADER = """\
# SupportCarr behind nginx on one machine. Generated from edge.conf.template (make generated); do not edit.
#
# Copy it to /etc/nginx/nginx.conf, replace supportcarr.example and the certificate, make the folder
# /var/lib/nginx/supportcarr for the user that nginx runs as, and set
#   SUPPORTCARR_PUBLIC_URL=https://supportcarr.example    SUPPORTCARR_REALTIME_URL=https://supportcarr.example
#   SUPPORTCARR_TRUSTED_PROXIES=127.0.0.1
# The API serves the apps, with their headers. tests/integration/deploy/test_nginx.py runs it.
"""
VALUES = {
    "EDGE_HOST": "supportcarr.example",
    "EDGE_LISTEN": "443",
    "EDGE_LISTEN_PLAIN": "80",
    "EDGE_LISTEN_HEALTH": "127.0.0.1:8081",
    "EDGE_CERTIFICATE": "/etc/ssl/supportcarr/fullchain.pem",
    "EDGE_KEY": "/etc/ssl/supportcarr/key.pem",
    "EDGE_API_SERVERS": "server 127.0.0.1:8000;",
    "EDGE_REALTIME_SERVERS": "server 127.0.0.1:8001;",
    "EDGE_UPSTREAM_SCHEME": "http",
    "EDGE_REAL_IP": "",
    "EDGE_RUN": "/var/lib/nginx/supportcarr",
    "EDGE_LOG": "/var/log/nginx/supportcarr.log",
    "EDGE_ERROR_LOG": "/var/log/nginx/error.log",
}
PAGES = """\
        # Pages, assets and all else: the API says what may be cached.
        location / {
            proxy_pass http://api;
        }
"""
_CLUSTER = re.compile(r" *# cluster: (?!end)[^\n]*\n.*?# cluster: end\n", re.DOTALL)


def one_machine(template: str) -> str:
    """Raises ``KeyError`` for a variable of the template that has no value here."""
    body = template[template.index("worker_processes") :]
    *_, last = _CLUSTER.finditer(body)
    body = body[: last.start()] + PAGES + body[last.end() :]
    body = _CLUSTER.sub("", body)
    # the loopback interface is for this machine; the other ports are reached by IPv6 too
    body = re.sub(
        r"^( *)listen( +)(\$\{EDGE_LISTEN(?:_PLAIN)?\})(.*)$", r"\g<0>\n\1listen\2[::]:\3\4", body, flags=re.M
    )
    body = re.sub(r"\$\{(EDGE_[A-Z_]+)\}", lambda found: VALUES[found[1]], body)
    lines = (line.rstrip() for line in body.splitlines())
    return HEADER + "\n" + re.sub(r"\n{3,}", "\n\n", "\n".join(lines)) + "\n"
