-- The nearest drivers with a fresh position.
-- KEYS: geo sets of the slices, the newest first.
-- ARGV: longitude, latitude, radius in metres, how many, the oldest fresh time (microseconds), the prefix
-- of the keys of last positions, and the radius of the first search.
-- Returns driver, lat, lng of each, in no order: those wanted, and those who have left that slice.
local radius, wanted, oldest, look = tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[7])
local answer, found, told = {}, 0, {}
repeat
  look = math.min(look, radius)
  local seen, near = {}, {}
  for _, slice in ipairs(KEYS) do
    local members = redis.call('GEOSEARCH', slice, 'FROMLONLAT', ARGV[1], ARGV[2], 'BYRADIUS', look, 'm',
      'ASC', 'COUNT', 200, 'WITHDIST', 'WITHCOORD')
    for _, one in ipairs(members) do
      if not seen[one[1]] then
        seen[one[1]] = true
        near[#near + 1] = { one[1], tonumber(one[2]), tonumber(one[3][1]), tonumber(one[3][2]) }
      end
    end
  end
  table.sort(near, function(a, b) return a[2] < b[2] end)
  for _, one in ipairs(near) do
    if found >= wanted then break end
    if not told[one[1]] then
      told[one[1]] = true
      local last = redis.call('HMGET', ARGV[6] .. one[1], 'at', 'lat', 'lng')
      if last[1] and tonumber(last[1]) >= oldest then
        if math.abs(last[2] - one[4]) < 1e-4 and math.abs(last[3] - one[3]) < 1e-4 then found = found + 1 end
        answer[#answer + 1] = one[1]
        answer[#answer + 1] = last[2]
        answer[#answer + 1] = last[3]
      end
    end
  end
  local widest = look >= radius
  look = look * 3
until widest or found >= wanted
return answer
