#!lua flags=allow-oom
-- WAIT: has the leader of this lease stored its answer? If it died, the asker takes its place.
--
-- KEYS  the entry, the lease
-- ARGV  encodings that would do, the asker's token, lease TTL (ms), then the vector as tags and nonces in turn
-- gives {"hit", head, body, encoding, vector}, or {"wait"}, or {"lead"}, or {"none"} if the leader had no answer that
--       could be stored
local own = {}
for i = 4, #ARGV, 2 do
  own[ARGV[i]] = ARGV[i + 1]
end
local vector = redis.call('HGET', KEYS[1], 'vector')
local same = vector and true
for tag, nonce in string.gmatch(vector or '', '([^\n]+)\n([^\n]+)\n') do
  -- Only an answer to the same question will do: one with another nonce may have been read before a commit that the
  -- one who waits has seen.
  same = same and own[tag] == nonce
end
if same then
  for encoding in string.gmatch(ARGV[1], '%S+') do
    local found = redis.call('HMGET', KEYS[1], 'head', encoding)
    if found[2] then
      return {'hit', found[1], found[2], encoding, vector}
    end
  end
end
local leader = redis.call('GET', KEYS[2])
if leader then
  return {leader == '-' and 'none' or 'wait'}
end
redis.call('SET', KEYS[2], ARGV[2], 'PX', ARGV[3])
return {'lead'}
