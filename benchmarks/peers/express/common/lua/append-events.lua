-- KEYS: heads, firehose, then a stream and a mark of the event for each entry.
-- ARGV: a candidate epoch, seconds to keep, the firehose's length, then for each entry: the stream's
-- name, its length, event id, event name, time, data.
local heads, firehose, keep = KEYS[1], KEYS[2], tonumber(ARGV[2])
local now = tonumber(redis.call('TIME')[1])
redis.call('HSETNX', heads, '', ARGV[1])
local epoch = redis.call('HGET', heads, '')
local k, a = 3, 4
while k < #KEYS do
  local stream, mark = KEYS[k], KEYS[k + 1]
  local name, length, id, event, at, data =
    ARGV[a], ARGV[a + 1], ARGV[a + 2], ARGV[a + 3], ARGV[a + 4], ARGV[a + 5]
  if redis.call('SET', mark, 1, 'NX', 'EX', keep) then
    local seq = redis.call('HINCRBY', heads, name, 1)
    redis.call('XADD', stream, 'MAXLEN', length, seq .. '-0',
      'id', id, 'name', event, 'at', at, 'data', data, 'wall', now)
    for _ = 1, 2 do
      local oldest = redis.call('XRANGE', stream, '-', '+', 'COUNT', 1)[1]
      if not oldest or tonumber(oldest[2][10]) >= now - keep then break end
      redis.call('XDEL', stream, oldest[1])
    end
    redis.call('EXPIRE', stream, keep)
    redis.call('XADD', firehose, 'MAXLEN', '~', ARGV[3], '*',
      'stream', name, 'cursor', epoch .. ':' .. seq, 'id', id, 'name', event, 'at', at, 'data', data)
  end
  k, a = k + 2, a + 6
end
return 1
