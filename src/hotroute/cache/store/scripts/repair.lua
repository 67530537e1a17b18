#!lua flags=allow-oom
-- REPAIR: KEYS go, and so do keys of a type that we never give them: they were planted or damaged, and a mark may be lost
-- with them, so the server counts as one that has just started.
--
-- KEYS  entries, with or without the run, and leases
-- ARGV  namespace, run id, then tags
local lost = 0
local function expect(key, kind)
  local found = redis.call('TYPE', key)['ok']
  if found ~= 'none' and found ~= kind then
    lost = lost + redis.call('DEL', key)
  end
end

for _, key in ipairs(KEYS) do
  redis.call('DEL', key, key .. ':' .. ARGV[2])
end
for i = 3, #ARGV do
  expect(ARGV[1] .. 't:' .. ARGV[i], 'string')
  expect(ARGV[1] .. 'd:' .. ARGV[i], 'zset')
end
expect(ARGV[1] .. 'born:' .. ARGV[2], 'string')
if lost > 0 then
  redis.call('DEL', ARGV[1] .. 'born:' .. ARGV[2])
end
return lost
