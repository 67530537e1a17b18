#!lua flags=allow-oom
-- RENEW or RELEASE a lease, by who holds it only.
--
-- KEYS  the lease
-- ARGV  the leader's token, TTL (ms), 0 to release
-- gives 1 if the lease was the asker's
--
-- A lease that was released says so, as "-", for as long as it would have held: who waits is not to take it for that of
-- a leader that died. To those who ask later it is free.
if redis.call('GET', KEYS[1]) ~= ARGV[1] then
  return 0
end
if ARGV[2] == '0' then
  redis.call('SET', KEYS[1], '-', 'KEEPTTL')
  return 1
end
return redis.call('PEXPIRE', KEYS[1], ARGV[2])
