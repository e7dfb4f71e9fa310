/**
 * Each touches the keys of one cache key alone, so that a cluster can run it. Short enough to be sent whole: Redis knows
 * a script that it ran before by its text.
 */

/** KEYS lease, entry · ARGV owner, record, milliseconds → 1 where the lease was still the owner's. */
export const STORE_IF_HELD = `if redis.call('get',KEYS[1])~=ARGV[1] then return 0 end
redis.call('set',KEYS[2],ARGV[2],'PX',ARGV[3]) redis.call('del',KEYS[1]) return 1`;

/** KEYS lease · ARGV owner → 1 where it was the owner's. */
export const RELEASE_IF_HELD = `if redis.call('get',KEYS[1])~=ARGV[1] then return 0 end return redis.call('del',KEYS[1])`;

/** KEYS lease · ARGV owner, milliseconds → 1 where it was the owner's. */
export const RENEW_IF_HELD = `if redis.call('get',KEYS[1])~=ARGV[1] then return 0 end
return redis.call('pexpire',KEYS[1],ARGV[2])`;

/** KEYS entry, lease · ARGV owner. Ends what this owner stored or is about to. */
export const REMOVE_IF_OWNED = `if redis.call('get',KEYS[2])==ARGV[1] then redis.call('del',KEYS[2]) end
if redis.call('getrange',KEYS[1],0,#ARGV[1]-1)==ARGV[1] then return redis.call('unlink',KEYS[1]) end return 0`;
