#!lua flags=allow-oom
-- LOOK: the state of an entry and of the tags that it depends on, as of one moment (docs/cache.md, "The protocol").
--
-- KEYS  the entry, without the run; the fence, where there is one (docs/cache-model.md)
-- ARGV  namespace, run id, mark TTL (ms), the encodings that would do (space-separated, the best first); who would lead
--       goes on with nonce TTL (ms), lease TTL (ms), a random seed, the asker's token, then the tags to be leased on
-- gives {"hit", head, body, encoding, vector, run id, since when it counts} or {"dirty"}, or, to who would lead, {"lead"|"wait", entry, lease, nonce,
--       nonce, ...} in the order of the tags, and {"cold"} to others
local space, run, mark, encodings = ARGV[1], ARGV[2], tonumber(ARGV[3]), ARGV[4]
local life, lease, seed, token = ARGV[5], ARGV[6], ARGV[7], ARGV[8]
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

-- A server that has just started may have forgotten a mark: until every mark of before would have ended, nothing counts.
local born = redis.call('GET', space .. 'born:' .. run)
if not tonumber(born or '') then
  redis.call('SET', space .. 'born:' .. run, now)
  born = tostring(now)
end
if now - tonumber(born) < mark then
  return {'dirty'}
end
-- Without it, somebody may be writing who cannot say so here.
if KEYS[2] and redis.call('EXISTS', KEYS[2]) == 0 then
  return {'dirty'}
end

-- An entry belongs to one run of the server: with a snapshot, entries and nonces of before come back together.
local entry = KEYS[1] .. ':' .. run
local vector = redis.call('HGET', entry, 'vector')
if vector then
  local tags, nonces = {}, {}
  for tag, nonce in string.gmatch(vector, '([^\n]+)\n([^\n]+)\n') do
    tags[#tags + 1] = space .. 't:' .. tag
    nonces[#nonces + 1] = nonce
  end
  -- An answer may depend on nothing, and MGET of nothing is an error.
  local current, equal = #tags > 0 and redis.call('MGET', unpack(tags)), true
  for i = 1, #nonces do
    if current[i] ~= nonces[i] then
      equal = false
    end
  end
  if equal then
    for encoding in string.gmatch(encodings, '%S+') do
      local found = redis.call('HMGET', entry, 'head', encoding)
      if found[2] then
        return {'hit', found[1], found[2], encoding, vector, run, born}
      end
    end
  end
end

if not token then
  return {'cold'}
end
local nonces, names = {}, {}
for i = 9, #ARGV do
  names[#names + 1] = space .. 't:' .. ARGV[i]
end
local current = #names > 0 and redis.call('MGET', unpack(names))
for i = 1, #names do
  local nonce = current[i]
  -- "!" says that a writer was there when the nonce was made; whether it still is, its mark says. What is not a nonce
  -- at all was planted.
  if not (nonce and string.find(nonce, '^[%w.]+$')) then
    if redis.call('ZCOUNT', space .. 'd:' .. ARGV[i + 8], '(' .. now, '+inf') > 0 then
      return {'dirty'}
    end
    nonce = seed .. i
    redis.call('SET', names[i], nonce, 'PX', life)
  end
  nonces[i] = nonce
end
local flight = entry .. '|' .. redis.sha1hex(table.concat(nonces, '\n'))
local leads = redis.call('SET', flight, token, 'NX', 'PX', lease)
if not leads and redis.call('GET', flight) == '-' then
  leads = redis.call('SET', flight, token, 'PX', lease)
end
return {leads and 'lead' or 'wait', entry, flight, unpack(nonces)}
