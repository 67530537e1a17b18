#!lua flags=allow-oom
-- RENEW or RELEASE a lease, by who holds it only.
--
-- KEYS  the lease
-- ARGV  the leader's token, TTL (ms), 0 to release
-- gives 1 if the lease was the asker's
if redis.call('GET', KEYS[1]) ~= ARGV[1] then
  return 0
end
return redis.call('PEXPIRE', KEYS[1], ARGV[2])
