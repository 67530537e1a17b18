#!lua flags=allow-oom
-- DONE: the writer's transaction has ended. Also INVALIDATE, with a token that marks nothing.
--
-- KEYS  none
-- ARGV  namespace, nonce TTL (ms), a random seed, the writer's token, "1" to leave the mark to expire, then tags
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
for i = 6, #ARGV do
  local marks = ARGV[1] .. 'd:' .. ARGV[i]
  if ARGV[5] ~= '1' then
    redis.call('ZREM', marks, ARGV[4])
  end
  redis.call('ZREMRANGEBYSCORE', marks, '-inf', now)
  local others = redis.call('ZCARD', marks) > 0
  redis.call('SET', ARGV[1] .. 't:' .. ARGV[i], (others and '!' or '') .. ARGV[3] .. i, 'PX', ARGV[2])
end
return 1
