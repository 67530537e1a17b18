#!lua flags=allow-oom
-- FENCE: the server's time; or, given a time of before, let the fence live for a while from then.
--
-- KEYS  the fence
-- ARGV  the run id that the time is of, or "" to ask for it; the server's run id; the time (ms); how long it lives (ms)
-- gives the time (ms), or 1 if the fence lives
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
if ARGV[1] == '' then
  return {tostring(now), ARGV[2]}
end
local till = ARGV[3] + ARGV[4]
-- Another server's clock says nothing of this one's.
if ARGV[1] ~= ARGV[2] or till <= now then
  return 0
end
if redis.call('PEXPIRETIME', KEYS[1]) < till then
  redis.call('SET', KEYS[1], '1', 'PXAT', string.format('%d', till))
end
return 1
