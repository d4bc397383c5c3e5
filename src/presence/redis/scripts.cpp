#include "presence/redis/scripts.h"

namespace fairlead::presence::scripts {
namespace {

// KEYS are not declared: which ones a script touches depends on what it finds, and Redis Cluster is
// not spoken. Slices and pages (500) bound how long one script holds Redis, to a few milliseconds.
constexpr std::string_view kCommon = R"lua(
local P, lease = ARGV[1], ARGV[2]
local ttl, grace, step = tonumber(ARGV[3]), tonumber(ARGV[4]) + 1, tonumber(ARGV[5])  -- times are cut
local clock, nodes, ready = P..'clock', P..'nodes', P..'ready'
local dead, leaving, away = P..'dead', P..'leaving', P..'away'
local call = redis.call
local time = call('TIME')
local wall = time[1] * 1000 + math.floor(time[2] / 1000)

local function fenced() return not call('ZSCORE', nodes, lease) end

-- Deadlines are in map time: it stands still while no node reaches Redis, so an outage neither expires
-- leases nor ends graces.
local now
local function advance()
  local was = call('HMGET', clock, 'wall', 'now')
  local passed = math.max(0, wall - tonumber(was[1] or wall))
  now = tonumber(was[2] or 0) + math.min(passed, step)
  call('HSET', clock, 'wall', wall, 'now', now)
end

local function announce(user, status, seen)
  local number = call('HINCRBY', clock, 'changes', 1)
  call('XADD', P..'changes', 'MAXLEN', '~', 10000, number..'-0',
       'user', user, 'status', status, 'seen', seen)
end

-- The user was last here at map time `at`.
local function saw(user, at)
  local key, seen = P..'seen:'..user, wall - (now - at)
  local before = tonumber(call('GET', key) or 0)
  if before > seen then return now - (wall - before) end
  call('SET', key, string.format('%.0f', seen), 'PX', 2592000000)
  return at
end

local function remove(user, session, of, at)
  local key = P..'user:'..user
  local held = call('HGET', key, session)
  if not held or string.sub(held, 1, #of + 1) ~= of..' ' then return end  -- it moved to another lease
  call('HDEL', key, session)
  at = saw(user, at)
  if call('EXISTS', key) == 0 then call('ZADD', leaving, at + grace, user) end
end

-- `how`: "TRANSPORT WALL", since when it is open there.
local function open(user, session, how, quiet, again)
  local key, member = P..'user:'..user, user..' '..session
  local held = call('HGET', key, session)
  local first = call('EXISTS', key) == 0
  if held then
    local of = string.match(held, '^%S+')
    if of ~= lease then
      local since = tonumber(string.match(held, ' (%d+)$') or 0)
      local newer = since > tonumber(string.match(how, '%d+$'))
      if again and newer and call('ZSCORE', nodes, of) then return end  -- it has moved there
      call('SREM', P..'lease:'..of, member)
    end
  end
  call('HSET', key, session, lease..' '..how)
  call('SADD', P..'lease:'..lease, member)
  if first and call('ZREM', leaving, user) == 0 and not quiet then
    announce(user, 'online', wall)
  end
end

-- A lease is dead from the moment when it leaves `nodes`; its sessions are taken out slice by slice.
local function bury(of, at)
  call('ZREM', nodes, of)
  call('SREM', ready, of)
  if call('EXISTS', P..'lease:'..of) == 1 then call('ZADD', dead, 'NX', at, of) end
end
local function reap()
  local one = call('ZRANGE', dead, 0, 0, 'WITHSCORES')
  if not one[1] then return end
  for _, member in ipairs(call('SPOP', P..'lease:'..one[1], 500)) do
    local user, session = string.match(member, '^(%S+) (.+)$')
    remove(user, session, one[1], tonumber(one[2]))
  end
  if call('EXISTS', P..'lease:'..one[1]) == 0 then call('ZREM', dead, one[1]) end
end

local function due()
  if call('EXISTS', dead) == 1 then return 0 end
  local next = ttl
  for _, key in ipairs({nodes, leaving}) do
    local one = call('ZRANGE', key, 0, 0, 'WITHSCORES')
    if one[2] then next = math.min(next, tonumber(one[2]) - now) end
  end
  return math.max(next, 0)
end
)lua";

constexpr std::string_view kLeaseBody = R"lua(
local known, cursor, fresh = ARGV[6], tonumber(ARGV[7]), ARGV[8]
advance()
local generation = call('HGET', clock, 'generation')
local changes = tonumber(call('HGET', clock, 'changes') or 0)
-- Redis came back with an older state than this node has seen: what the others believe is not in it.
if not generation or (generation == known and cursor > changes) then
  if not generation then call('DEL', P..'changes') end
  generation = fresh
  call('HSET', clock, 'generation', generation, 'began', changes)
end
call('ZADD', nodes, now + ttl, lease)
local began = tonumber(call('HGET', clock, 'began') or 0)
return {'ok', generation, began, changes, call('SCARD', ready)}
)lua";

constexpr std::string_view kApplyBody = R"lua(
if fenced() then return {'fenced'} end
advance()
for i = 6, #ARGV, 4 do
  local kind, user, session, transport = ARGV[i], ARGV[i + 1], ARGV[i + 2], ARGV[i + 3]
  if kind == 'o' or kind == 'r' or kind == 'q' then
    open(user, session, transport, kind == 'q', kind ~= 'o')
  elseif kind == 'c' then
    remove(user, session, lease, now)
    call('SREM', P..'lease:'..lease, user..' '..session)
  elseif kind == 'a' then
    local here = call('EXISTS', P..'user:'..user) == 1 or call('ZSCORE', leaving, user)
    if here and call('SADD', away, user) == 1 then announce(user, 'away', wall) end
  elseif kind == 'b' then
    if call('SREM', away, user) == 1 then announce(user, 'online', wall) end
  elseif call('EXISTS', P..'user:'..user) == 0 and not call('ZSCORE', leaving, user) then
    call('ZADD', leaving, saw(user, now) + grace, user)
  end
end
return {'ok', due()}
)lua";

constexpr std::string_view kTickBody = R"lua(
if fenced() then return {'fenced'} end
advance()
call('ZADD', nodes, now + ttl, lease)
if ARGV[6] == 'ready' then call('SADD', ready, lease) end
for _, of in ipairs(call('ZRANGEBYSCORE', nodes, '-inf', now)) do
  bury(of, tonumber(call('ZSCORE', nodes, of)) - ttl)
end
reap()
for _, user in ipairs(call('ZRANGEBYSCORE', leaving, '-inf', now, 'LIMIT', 0, 500)) do
  call('ZREM', leaving, user)
  call('SREM', away, user)
  announce(user, 'offline', call('GET', P..'seen:'..user) or '0')
end
return {'ok', due(), call('SCARD', ready)}
)lua";

constexpr std::string_view kDropBody = R"lua(
advance()
bury(lease, now)
reap()
return {'ok', call('EXISTS', P..'lease:'..lease)}
)lua";

constexpr std::string_view kQueryBody = R"lua(
if fenced() then return {'fenced'} end
local answer = {'ok'}
for i = 6, #ARGV do
  local user = ARGV[i]
  local state = 0
  local sessions = call('HVALS', P..'user:'..user)
  if sessions[1] then state = 2 elseif call('ZSCORE', leaving, user) then state = 1 end
  answer[#answer + 1] = {state, call('GET', P..'seen:'..user) or '0', sessions,
                         call('SISMEMBER', away, user)}
end
return answer
)lua";

}  // namespace

std::string source(Script script) {
  constexpr std::array<std::string_view, kScripts> kBodies{kLeaseBody, kApplyBody, kTickBody,
                                                           kDropBody, kQueryBody};
  return std::string(kCommon) + std::string(kBodies.at(static_cast<std::size_t>(script)));
}

}  // namespace fairlead::presence::scripts
