"""Ask this container's process whether it is alive (healthz) or ready (readyz): the exit code is the answer.

It asks the metrics port, which every process has.  Its certificate names the service, not this address.
"""

import http.client
import os
import ssl
import sys

port = int(os.environ.get("SUPPORTCARR_METRICS_PORT") or 9100)
if os.environ.get("SUPPORTCARR_TLS_CERTIFICATE"):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE  # it is this container's own process
    connection: http.client.HTTPConnection = http.client.HTTPSConnection(
        "127.0.0.1", port, timeout=4, context=context
    )
else:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=4)
try:
    connection.request("GET", f"/{sys.argv[1]}")
    sys.exit(connection.getresponse().status != 200)
except OSError as error:
    sys.exit(f"{error}")
