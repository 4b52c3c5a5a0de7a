"""The Lua scripts of the event streams.  Each runs atomically in Redis."""

from __future__ import annotations

from supportcarr.kit.redis.client import Script

TRIM_INTERVAL = 16  # events of a stream between two checks for entries that are too old

# KEYS: the stream positions, the firehoses, then for each publication its mark and its streams.
# ARGV: a candidate epoch, retention in seconds, maximum length of a firehose, number of firehoses, then
# for each publication: id, name, time, data, number of streams, all stream names as stored in the mark,
# its cause (empty: none), and for each stream its name, its maximum length and the index of its firehose.
# Returns the epoch, then the offset in each stream of each publication; 0 for a duplicate.
APPEND = Script(
    "streams.append",
    """
    local positions, keep, firehoses = KEYS[1], ARGV[2], tonumber(ARGV[4])
    local now = redis.call('TIME')[1]
    local epoch = redis.call('HGET', positions, '')
    if not epoch then
      epoch = ARGV[1]
      redis.call('HSET', positions, '', epoch)
    end
    local function expired(entry)
      return tonumber(entry[1]:match('%d+$')) < now - keep
    end
    local result = {epoch}
    local k, a = 2 + firehoses, 5
    while k <= #KEYS do
      local mark, id, name, at, data, names, cause =
        KEYS[k], ARGV[a], ARGV[a + 1], ARGV[a + 2], ARGV[a + 3], ARGV[a + 5], ARGV[a + 6]
      local last = k + tonumber(ARGV[a + 4])
      local marked = not redis.call('SET', mark, names, 'NX', 'EX', keep) and redis.call('GET', mark)
      local fan_out = {}  -- by firehose: one entry for all streams of the event that use it
      a = a + 7
      for stream_key = k + 1, last do
        local stream, key = ARGV[a], KEYS[stream_key]
        if marked and marked:find(' ' .. stream .. ' ', 1, true) then
          result[#result + 1] = 0
        else
          local offset = redis.pcall('HINCRBY', positions, stream, 1)
          if type(offset) == 'table' then  -- failed: without the mark, a retry is not a duplicate
            redis.call('DEL', mark)
            return offset
          end
          local entry_id = offset .. '-' .. now
          local added = redis.pcall('XADD', key, 'MAXLEN', ARGV[a + 1], entry_id,
            'id', id, 'name', name, 'at', at, 'data', data)
          if type(added) == 'table' and added.err then
            -- the positions were lost and the stream was not: its entries belong to an old epoch
            redis.call('DEL', key)
            redis.call('XADD', key, entry_id, 'id', id, 'name', name, 'at', at, 'data', data)
          end
          if offset % TRIM_INTERVAL == 0 and expired(redis.call('XRANGE', key, '-', '+', 'COUNT', 1)[1]) then
            -- removes at most two entries for each one added, so that no call is slow
            local oldest
            for _, entry in ipairs(redis.call('XRANGE', key, '-', '+', 'COUNT', 2 * TRIM_INTERVAL + 1)) do
              oldest = entry[1]
              if not expired(entry) then break end
            end
            redis.call('XTRIM', key, 'MINID', oldest)
          end
          redis.call('EXPIRE', key, keep)
          local fields = fan_out[ARGV[a + 2]]
          if not fields then
            fields = {'id', id, 'name', name, 'at', at, 'data', data}
            fan_out[ARGV[a + 2]] = fields
            if cause ~= '' then  -- as a place in no stream: an older release delivers that to nobody
              fields[#fields + 1] = ''
              fields[#fields + 1] = epoch .. ':0 ' .. cause
            end
          end
          fields[#fields + 1] = stream
          fields[#fields + 1] = epoch .. ':' .. offset
          if marked then marked = marked .. stream .. ' ' end
          result[#result + 1] = offset
        end
        a = a + 3
      end
      if marked and next(fan_out) then redis.call('SET', mark, marked, 'EX', keep) end
      for number, fields in pairs(fan_out) do
        redis.call('XADD', KEYS[2 + number], 'MAXLEN', '~', ARGV[3], '*', unpack(fields))
      end
      k = last + 1
    end
    return result
    """.replace("TRIM_INTERVAL", str(TRIM_INTERVAL)),
)

# KEYS: the stream positions.  ARGV: a candidate epoch, then stream names.
# Returns the epoch, then the last offset of each stream or nil.
POSITIONS = Script(
    "streams.positions",
    """
    redis.call('HSETNX', KEYS[1], '', ARGV[1])
    ARGV[1] = ''
    return redis.call('HMGET', KEYS[1], unpack(ARGV))
    """,
)
