#!/bin/sh
# Has nginx read its certificates again when their files have changed, without losing a connection. In the edge's image the entry
# point runs it before it starts nginx; it goes on in the background.
set -eu
contents() { cat "$EDGE_CERTIFICATE" "$EDGE_KEY" "$EDGE_UPSTREAM_CA" 2> /dev/null | sha256sum; }
configuration=${EDGE_CONFIGURATION:-/tmp/edge.conf}
seen=$(contents)
(
  while sleep "${EDGE_RENEWAL_SECONDS:-60}"; do
    now=$(contents)
    [ "$now" != "$seen" ] || continue
    # Half written, perhaps: the next look tells.
    nginx -t -q -e /dev/stderr -c "$configuration" || continue
    kill -HUP "$(cat "$EDGE_RUN/nginx.pid")" || continue
    seen=$now
    echo '{"event":"edge_certificate_renewed"}'
  done
) < /dev/null &
