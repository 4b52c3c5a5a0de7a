-- The nearest drivers with a fresh position.
-- KEYS: geo sets of the slices, the newest first.
-- ARGV: longitude, latitude, radius in metres, how many, the oldest fresh time (microseconds), and what
-- the keys of last positions begin with.
-- Answers driver, lat, lng of each, in no order.
local most, oldest = tonumber(ARGV[4]), tonumber(ARGV[5])
local seen, near = {}, {}
for _, slice in ipairs(KEYS) do
  local found = redis.call('GEOSEARCH', slice, 'FROMLONLAT', ARGV[1], ARGV[2], 'BYRADIUS', ARGV[3], 'm',
    'ASC', 'COUNT', most * 2, 'WITHDIST')
  for _, one in ipairs(found) do
    if not seen[one[1]] then
      seen[one[1]] = true
      near[#near + 1] = { one[1], tonumber(one[2]) }
    end
  end
end
table.sort(near, function(a, b) return a[2] < b[2] end)
local answer = {}
for _, one in ipairs(near) do
  if #answer >= most * 3 then break end
  local last = redis.call('HMGET', ARGV[6] .. one[1], 'at', 'lat', 'lng')
  if last[1] and tonumber(last[1]) >= oldest then
    answer[#answer + 1] = one[1]
    answer[#answer + 1] = last[2]
    answer[#answer + 1] = last[3]
  end
end
return answer
