-- wrk's script: replays the requests of a file in a loop.
--   wrk -t1 … -s replay.lua URL -- FILE CITY_OFFSET_SECONDS
-- The file holds each request's length on a line of its own, then its bytes.  @AT@ in a request
-- becomes the city time at which it is sent: later for each request, as positions must be.

local requests, count, turn = {}, 0, 0
local offset, second, within, prefix = 0, 0, 0, ""

function init(args)
  local file = assert(io.open(args[1], "rb"))
  offset = tonumber(args[2])
  while true do
    local length = file:read("*n")
    if not length then break end
    file:read(1)
    local raw = file:read(length)
    local from, to = raw:find("@AT@", 1, true)
    count = count + 1
    requests[count] = from and { raw:sub(1, from - 1), raw:sub(to + 1) } or raw
  end
  file:close()
end

local function city_time()
  local now = os.time()
  if now ~= second then
    second, within = now, 0
    prefix = os.date("!%Y-%m-%dT%H:%M:%S.", now + offset)
  end
  within = within + 1
  return prefix .. string.format("%06dZ", within)
end

function request()
  turn = turn % count + 1
  local one = requests[turn]
  if type(one) == "string" then return one end
  return one[1] .. city_time() .. one[2]
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    '\nRESULT {"requests":%d,"seconds":%.6f,"p50_ms":%.3f,"p95_ms":%.3f,"p99_ms":%.3f,"max_ms":%.3f,' ..
    '"refused":%d,"broken":%d,"timeouts":%d}\n',
    summary.requests, summary.duration / 1e6, latency:percentile(50) / 1e3, latency:percentile(95) / 1e3,
    latency:percentile(99) / 1e3, latency.max / 1e3,
    errors.status, errors.connect + errors.read + errors.write, errors.timeout))
end
