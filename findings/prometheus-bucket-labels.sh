#!/usr/bin/env bash
# prometheus-client 0.26.0 (Python), prom-client 15.1.3 (Node)
#
# Input: a histogram with the bounds 0.5, 1 and 5 in a Python and in a Node service, one observation of 0.7 each.
# Expected: the same text. Adding up both services by bucket, sum by (le), is what histograms are made for.
# Seen: Python writes le="1.0" and le="5.0", Node le="1" and le="5". Labels are text, so a sum by (le) has two buckets
#   where there is one, each with the counts of one service, and whoever asks for le="1.0" (the share of requests within
#   a second) counts the Python service alone, without a warning.
# What follows: bounds that are no whole numbers (0.5, 0.25, 2.5) are spelt alike by both. Choose such ones, or
#   rewrite the label where it is scraped.
. "$(dirname "$0")/support/common.sh"
python_with prometheus-client==0.26.0
node_with prom-client@15.1.3

cat > buckets.py <<'PY'
from prometheus_client import CollectorRegistry, Histogram, generate_latest

registry = CollectorRegistry()
Histogram("wait_seconds", "Waiting", buckets=[0.5, 1, 5], registry=registry).observe(0.7)
print("\n".join(f"python {line}" for line in generate_latest(registry).decode().splitlines() if "_bucket" in line))
PY
cat > buckets.cjs <<'JS'
const client = require("prom-client");
new client.Histogram({ name: "wait_seconds", help: "Waiting", buckets: [0.5, 1, 5] }).observe(0.7);
client.register.metrics().then((text) => {
  for (const line of text.split("\n")) if (line.includes("_bucket")) console.log(`node   ${line}`);
});
JS
seen=$(python buckets.py; node buckets.cjs)

unchanged "$seen" <<'END'
python wait_seconds_bucket{le="0.5"} 0.0
python wait_seconds_bucket{le="1.0"} 1.0
python wait_seconds_bucket{le="5.0"} 1.0
python wait_seconds_bucket{le="+Inf"} 1.0
node   wait_seconds_bucket{le="0.5"} 0
node   wait_seconds_bucket{le="1"} 1
node   wait_seconds_bucket{le="5"} 1
node   wait_seconds_bucket{le="+Inf"} 1
END
