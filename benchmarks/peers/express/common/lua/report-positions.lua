-- Judges positions in order of time, and stores the newest accepted one.
-- KEYS: the driver's last position, and (inside an area) the slice's geo set.
-- ARGV: now, freshness (both microseconds), worst accuracy, highest speed, the earth's radius, driver,
-- milliseconds to keep the position and the slice, then for each: at, lat, lng, accuracy (-1: unknown).
-- Returns for each: 0 live, 1 repeated, 2 stale, 3 out of order, 4 inaccurate, 5 impossible.
local now, fresh, accuracy_max = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local speed_max, radius = tonumber(ARGV[4]), tonumber(ARGV[5])
local last = redis.call('HMGET', KEYS[1], 'at', 'lat', 'lng', 'slice')
local at, lat, lng, before = tonumber(last[1]), tonumber(last[2]), tonumber(last[3]), last[4]

local function distance(lat1, lng1, lat2, lng2)
  local h = math.sin(math.rad(lat2 - lat1) / 2) ^ 2
    + math.cos(math.rad(lat1)) * math.cos(math.rad(lat2)) * math.sin(math.rad(lng2 - lng1) / 2) ^ 2
  return 2 * radius * math.asin(math.min(1, math.sqrt(h)))
end

local function judge(f_at, f_lat, f_lng, accuracy)
  if accuracy > accuracy_max then return 4 end
  if f_at - now > fresh then return 3 end
  if at then
    local elapsed = f_at - at
    if elapsed == 0 and f_lat == lat and f_lng == lng then return 1 end
    if elapsed <= 0 then return 3 end
    if distance(lat, lng, f_lat, f_lng) > speed_max * math.max(elapsed / 1e6, 1) then return 5 end
  end
  if now - f_at > fresh then return 2 end
  return 0
end

local verdicts, newest, live = {}, nil, nil
for i = 9, #ARGV, 4 do
  local f_at, f_lat, f_lng = tonumber(ARGV[i]), tonumber(ARGV[i + 1]), tonumber(ARGV[i + 2])
  local verdict = judge(f_at, f_lat, f_lng, tonumber(ARGV[i + 3]))
  verdicts[#verdicts + 1] = verdict
  if verdict == 0 or verdict == 2 then
    at, lat, lng, newest = f_at, f_lat, f_lng, i
    if verdict == 0 then live = i end
  end
end
if newest then
  redis.call('HSET', KEYS[1], 'at', ARGV[newest], 'lat', ARGV[newest + 1], 'lng', ARGV[newest + 2])
  redis.call('PEXPIRE', KEYS[1], ARGV[7])
end
if live and KEYS[2] then
  if before ~= KEYS[2] then
    if before then redis.call('ZREM', before, ARGV[6]) end
    redis.call('HSET', KEYS[1], 'slice', KEYS[2])
  end
  redis.call('GEOADD', KEYS[2], ARGV[live + 2], ARGV[live + 1], ARGV[6])
  redis.call('PEXPIRE', KEYS[2], ARGV[8])
end
return verdicts
