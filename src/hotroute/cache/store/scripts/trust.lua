#!lua flags=allow-oom
-- TRUST: since when this run of the server counts, in words that nobody else has; or, given these, it counts for ever.
-- Another run does not have them, nor has one that has lost a mark since (repair.lua, FLUSHALL).
--
-- KEYS  none
-- ARGV  namespace, run id, the words or "" to ask for them, random digits
-- gives the words, or 1 if it counts for ever now
local key = ARGV[1] .. 'born:' .. ARGV[2]
local born = redis.call('GET', key)
if ARGV[3] ~= '' then
  if born ~= ARGV[3] then
    return 0
  end
  redis.call('SET', key, '0')
  return 1
end
if born == '0' then
  return born
end
local time = redis.call('TIME')
local since = tonumber(born or '') or time[1] * 1000 + math.floor(time[2] / 1000)
born = string.format('%d.%s', since, ARGV[4])
redis.call('SET', key, born)
return born
