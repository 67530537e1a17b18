#!lua
-- SAVE: an answer, if what it depends on is still as it was when the question was asked; and the end of the lease.
--
-- KEYS  the entry, the lease
-- ARGV  namespace, the leader's token, TTL (ms), the vector as "tag\nnonce\n...", head, then encodings and bodies in turn
-- gives 1 if it was stored
local leads = redis.call('GET', KEYS[2]) == ARGV[2]
for tag, nonce in string.gmatch(ARGV[4], '([^\n]+)\n([^\n]+)\n') do
  if redis.call('GET', ARGV[1] .. 't:' .. tag) ~= nonce then
    if leads then
      redis.call('SET', KEYS[2], '-', 'KEEPTTL') -- as in lease.lua: it is no answer to those who wait either
    end
    return 0
  end
end
if leads then
  redis.call('DEL', KEYS[2])
end
redis.call('DEL', KEYS[1])
redis.call('HSET', KEYS[1], 'vector', ARGV[4], 'head', unpack(ARGV, 5))
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return 1
