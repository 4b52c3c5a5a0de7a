-- wrk's script: replays the requests of a file as replay.lua does, at an even rate that does not depend on the
-- responses, as long as a connection is free.
--   wrk -t1 … -s paced.lua URL -- FILE CITY_OFFSET_SECONDS REQUESTS_PER_SECOND

local ffi = require("ffi")
ffi.cdef("typedef struct { long seconds; long nanoseconds; } moment; int clock_gettime(int clock, moment *now);")

dofile(debug.getinfo(1, "S").source:match("^@(.*/)") .. "replay.lua")

local read_file, now, interval, next_at = init, ffi.new("moment"), 0, 0

local function milliseconds()
  ffi.C.clock_gettime(1, now) -- CLOCK_MONOTONIC
  return tonumber(now.seconds) * 1e3 + tonumber(now.nanoseconds) / 1e6
end

function init(args)
  read_file(args)
  interval = 1000 / tonumber(args[3])
  next_at = milliseconds()
end

function delay()
  next_at = next_at + interval
  return math.max(0, math.floor(next_at - milliseconds()))
end
