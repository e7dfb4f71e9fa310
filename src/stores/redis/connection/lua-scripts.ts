/**
 * Each but those for one Redis alone touches the keys of one hash tag, so that a cluster can run it; the two that take
 * several tags get them one by one there. Short enough to be sent whole: Redis knows a script that it ran before by its text.
 */

/**
 * KEYS token, index, for each tag · ARGV milliseconds that both live, score, and for each tag: new token, number of
 * members, members → the tokens, made where there are none. The members are under way: one that has its place already
 * keeps it.
 */
export const CAPTURE = `local r,a={},3 for k=1,#KEYS,2 do
local t=redis.call('getex',KEYS[k],'PX',ARGV[1])
if not t then t=ARGV[a] redis.call('set',KEYS[k],t,'PX',ARGV[1]) end
local last=a+1+ARGV[a+1]
for i=a+2,last do redis.call('zadd',KEYS[k+1],'NX',ARGV[2],ARGV[i]) end
redis.call('pexpire',KEYS[k+1],ARGV[1]) r[#r+1]=t a=last+1 end return r`;

/**
 * KEYS token, index, for each tag · ARGV milliseconds that the index lives, lowest and highest score of what is to be
 * trimmed, and for each tag: 1 where it is trimmed, number of members, score and member of each → the tokens as they are.
 */
export const PLACE = `local r,a={},4 for k=1,#KEYS,2 do local index=KEYS[k+1]
local last=a+1+2*ARGV[a+1]
for i=a+2,last,2 do redis.call('zadd',index,ARGV[i],ARGV[i+1]) end
redis.call('pexpire',index,ARGV[1])
if ARGV[a]=='1' then redis.call('zremrangebyscore',index,ARGV[2],ARGV[3]) end
r[#r+1]=redis.call('get',KEYS[k]) a=last+1 end return r`;

/**
 * KEYS lease, entry, then token and index of each tag · ARGV owner, milliseconds of the lease, 1 to take it from whoever
 * holds it, milliseconds that tokens and indexes live, member, its score, new token → null where another holds the lease,
 * else what stands at the entry and the tags' tokens. The lease and `CAPTURE` at once, where one Redis has all keys.
 */
export const RESERVE = `if ARGV[3]=='1' then redis.call('set',KEYS[1],ARGV[1],'PX',ARGV[2])
elseif not redis.call('set',KEYS[1],ARGV[1],'PX',ARGV[2],'NX') then return false end
local r={redis.call('get',KEYS[2])} for k=3,#KEYS,2 do
local t=redis.call('getex',KEYS[k],'PX',ARGV[4])
if not t then t=ARGV[7] redis.call('set',KEYS[k],t,'PX',ARGV[4]) end
redis.call('zadd',KEYS[k+1],'NX',ARGV[6],ARGV[5])
redis.call('pexpire',KEYS[k+1],ARGV[4]) r[#r+1]=t end return r`;

/**
 * KEYS lease, entry, the sorted sets, then the tokens, then the indexes of the tags · ARGV owner, number of sorted sets,
 * the tokens that were captured as one, record, its milliseconds, member, milliseconds that indexes live, lowest and
 * highest score of what is to be trimmed, 1 for each index that is, else 0, as one, score in the indexes, scores in the
 * sorted sets → 0 where the lease was not the owner's any more, 1 where it is stored, 2 where a token has changed and
 * nothing stands at the entry. `STORE_IF_HELD` and `PLACE` at once, where one Redis has all keys.
 */
export const STORE_AND_PLACE = `if redis.call('get',KEYS[1])~=ARGV[1] then return 0 end
redis.call('del',KEYS[1])
local sets=tonumber(ARGV[2]) local tags=(#KEYS-2-sets)/2
local current=redis.call('mget',unpack(KEYS,3+sets,2+sets+tags))
for i=1,tags do current[i]=current[i] or '' end
if table.concat(current)~=ARGV[3] then redis.call('unlink',KEYS[2]) return 2 end
redis.call('set',KEYS[2],ARGV[4],'PX',ARGV[5])
for i=1,sets do redis.call('zadd',KEYS[2+i],ARGV[11+i],ARGV[6]) end
for i=1,tags do local index=KEYS[2+sets+tags+i]
if redis.call('zadd',index,ARGV[11],ARGV[6])==1 then redis.call('pexpire',index,ARGV[7]) end
if string.sub(ARGV[10],i,i)=='1' then redis.call('zremrangebyscore',index,ARGV[8],ARGV[9]) end end
return 1`;

/**
 * KEYS token, index, where to set the index aside · ARGV now, sample size → how many were live, and some of them; null
 * where nothing held the tag. At once: what is captured after this belongs to a new token and a new index.
 */
export const PURGE = `redis.call('unlink',KEYS[1])
if redis.call('exists',KEYS[2])==0 then return false end
redis.call('rename',KEYS[2],KEYS[3])
return {redis.call('zcount',KEYS[3],'('..ARGV[1],'+inf'),
redis.call('zrevrangebyscore',KEYS[3],'+inf','('..ARGV[1],'LIMIT',0,ARGV[2])}`;

/**
 * KEYS sequence, sweeps, then token, index and where to set the index aside for each tag · ARGV now, sample size → the
 * number of this invalidation, the sweeps that were noted before, and for each index that was there the place of its tag,
 * how many were live and some of them. `NOTE_SWEEPS`, `PURGE` and the count at once, where one Redis has all keys.
 */
export const PURGE_ALL = `local e,r={},{}
for i=3,#KEYS,3 do redis.call('unlink',KEYS[i])
if redis.call('exists',KEYS[i+1])==1 then
if #r==0 then e=redis.call('zrange',KEYS[2],0,-1) end
redis.call('zadd',KEYS[2],ARGV[1],KEYS[i+2]) redis.call('rename',KEYS[i+1],KEYS[i+2])
r[#r+1]={(i-3)/3,redis.call('zcount',KEYS[i+2],'('..ARGV[1],'+inf'),
redis.call('zrevrangebyscore',KEYS[i+2],'+inf','('..ARGV[1],'LIMIT',0,ARGV[2])} end end
return {redis.call('incr',KEYS[1]),e,r}`;

/** KEYS sweeps · ARGV now, names → the names that were noted before these. */
export const NOTE_SWEEPS = `local e=redis.call('zrange',KEYS[1],0,-1)
for i=2,#ARGV do redis.call('zadd',KEYS[1],ARGV[1],ARGV[i]) end return e`;

/** KEYS lease, entry · ARGV owner, record, milliseconds → 1 where the lease was still the owner's. */
export const STORE_IF_HELD = `if redis.call('get',KEYS[1])~=ARGV[1] then return 0 end
redis.call('set',KEYS[2],ARGV[2],'PX',ARGV[3]) redis.call('del',KEYS[1]) return 1`;

/** KEYS lease · ARGV owner → 1 where it was the owner's. */
export const RELEASE_IF_HELD = `if redis.call('get',KEYS[1])~=ARGV[1] then return 0 end return redis.call('del',KEYS[1])`;

/** KEYS lease · ARGV owner, milliseconds → 1 where it was the owner's. */
export const RENEW_IF_HELD = `if redis.call('get',KEYS[1])~=ARGV[1] then return 0 end
return redis.call('pexpire',KEYS[1],ARGV[2])`;

/** KEYS entry · ARGV owner, which stands at `OWNER_AT`. Removes what this owner stored. */
export const REMOVE_IF_OWNED = `if redis.call('getrange',KEYS[1],4,#ARGV[1]+3)~=ARGV[1] then return 0 end
return redis.call('unlink',KEYS[1])`;

/**
 * KEYS list, then the indexes of each set · ARGV score that a member must exceed in one index of the first set, number of
 * sets, number of indexes of each, the command that reads a part of the list and its parameters → how many it read, the
 * last of them with its score, and as JSON those that stand in all the sets, each followed by its score in the list.
 */
export const SIFT = `local c,k,m,s,sets,above={KEYS[1]},2,{},{},tonumber(ARGV[2]),tonumber(ARGV[1])
for i=4+sets,#ARGV do c[#c+1]=ARGV[i] end
local p=redis.call(ARGV[3+sets],unpack(c))
for i=2,#p,2 do m[i/2]=p[i-1] s[i/2]=p[i] end
for n=3,2+sets do local km,ks,size={},{},tonumber(ARGV[n])
for a=1,#m,500 do local b,h=math.min(a+499,#m),{}
for j=k,k+size-1 do local z=redis.call('zmscore',KEYS[j],unpack(m,a,b))
for i=1,b-a+1 do local v=z[i] if v and (n>3 or tonumber(v)>above) then h[i]=true end end end
for i=a,b do if h[i-a+1] then km[#km+1]=m[i] ks[#ks+1]=s[i] end end end
m,s,k=km,ks,k+size end
local r={} for i=1,#m do r[2*i-1]=m[i] r[2*i]=s[i] end
return {#p/2,p[#p-1] or '',p[#p] or '',#r==0 and '[]' or cjson.encode(r)}`;

/**
 * KEYS counters, last batch · ARGV batch or nothing, milliseconds that it is known, milliseconds that the counters live
 * or nothing, pairs of field and increment. A batch that was carried out is not again. HINCRBYFLOAT for whole numbers
 * too: HINCRBY refuses a figure that once had a fraction.
 */
export const COUNT_ONCE = `if ARGV[1]~='' then
if tonumber(redis.call('get',KEYS[2]) or '0')>=tonumber(ARGV[1]) then return 0 end
redis.call('set',KEYS[2],ARGV[1],'PX',ARGV[2]) end
for i=4,#ARGV,2 do redis.call('hincrbyfloat',KEYS[1],ARGV[i],ARGV[i+1]) end
if ARGV[3]~='' then redis.call('pexpire',KEYS[1],ARGV[3]) end return 1`;

/**
 * KEYS requests of a day · ARGV how many at most, milliseconds that they live, pairs of count and request → those that
 * had to leave. Space-Saving (Metwally 2005): whoever comes new takes over the count of the rarest, so that what is asked
 * often gets in however many were asked before.
 */
export const COUNT_REQUESTED = `local z,g,r=KEYS[1],{},{}
for i=3,#ARGV,2 do local c,m=ARGV[i],ARGV[i+1]
if not redis.call('zscore',z,m) and redis.call('zcard',z)>=tonumber(ARGV[1]) then
local p=redis.call('zrange',z,0,0,'WITHSCORES') redis.call('zrem',z,p[1]) g[p[1]]=1 c=c+p[2] end
redis.call('zincrby',z,c,m) g[m]=nil end
redis.call('pexpire',z,ARGV[2]) for m in pairs(g) do r[#r+1]=m end return r`;

/** KEYS sequence · ARGV number. Never lowers it. */
export const RAISE_SEQUENCE = `if tonumber(redis.call('get',KEYS[1]) or '0')<tonumber(ARGV[1]) then
redis.call('set',KEYS[1],ARGV[1]) end return 1`;

/** KEYS models · ARGV name, state as JSON, its version. Keeps a higher version that is there → 1 if this one is higher. */
export const SET_MODEL = `local s,v=redis.call('hget',KEYS[1],ARGV[1]),tonumber(ARGV[3])
local ok,h=pcall(cjson.decode,s or '')
local held=ok and type(h)=='table' and tonumber(h.version) or 0
local state=ARGV[2]
if held>v then state=string.gsub(state,'"version":%d+','"version":'..string.format('%d',held),1) end
redis.call('hset',KEYS[1],ARGV[1],state) return v>math.max(held,1) and 1 or 0`;
