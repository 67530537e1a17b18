#!lua flags=allow-oom
-- MARK: a writer is about to commit a change to these tags. Nothing that depends on them is served or stored until DONE.
--
-- KEYS  none
-- ARGV  namespace, mark TTL (ms), nonce TTL (ms), a random seed, the writer's token, then tags
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
for i = 6, #ARGV do
  local marks = ARGV[1] .. 'd:' .. ARGV[i]
  redis.call('ZREMRANGEBYSCORE', marks, '-inf', now)
  redis.call('ZADD', marks, now + ARGV[2], ARGV[5])
  redis.call('SET', ARGV[1] .. 't:' .. ARGV[i], '!' .. ARGV[4] .. i, 'PX', ARGV[3])
end
return 1
