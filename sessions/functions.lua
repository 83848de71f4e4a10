#!lua name=warung
-- What Warung does inside Redis: one call, one atomic write (docs: sessions/store.h, design 3).
--
-- Library version: LIBRARY_VERSION below; raise it with every change of what a caller sees. SERVES_FROM is
-- the version of the oldest caller to whom every function still does what it did: while gateways are
-- upgraded one by one, older ones go on with a newer library that serves them, and refuse any other
-- (sessions/redis_greet.c reads both lines). Keep it at the last release's version as long as that can be.
--
-- Rules. A function touches only the keys it was given, all of one hash tag, so that it runs on a
-- Cluster. It checks everything before its first write: after that nothing may fail. A record is its
-- version, 8 octets big endian, and its data; the caller makes the version of a record that exists (it
-- knows it: one more); that of a new record is the server's clock in microseconds, which no earlier
-- record of the same name has reached.
local LIBRARY_VERSION = 6
local SERVES_FROM = 6

local GROUP = 'gw' -- of every outbox stream
local SWEEP_MAX = 100 -- STORE_SWEEP_MAX
local NOBODY = '-' -- consumer that holds what no gateway has taken yet

-- The version that a new record begins with. `time`: TIME's answer, where it has been asked already.
local function fresh_version(time)
    time = time or redis.call('TIME')
    return time[1] * 1000000 + time[2]
end

-- Writes a record whose value came with the octets of its version; returns the version of a new one,
-- else 1: the caller knows it then, and a small integer is the cheapest reply.
local function write_record(key, expected, value, ttl, time)
    local version = 1
    if expected == '' then
        version = fresh_version(time)
        value = struct.pack('>I8', version) .. string.sub(value, 9)
    end
    if ttl == '0' then
        redis.call('SET', key, value)
    else
        redis.call('SETEX', key, ttl, value)
    end
    return version
end

-- The hot path: one record, compared and written.
-- KEYS record; ARGV expected version ('' = none), value, TTL in seconds ('0' = for ever).
-- Returns 0 = another version, else as write_record.
-- (Words are strings, not numbers: redis.call() would print each number anew, a tenth of the call.)
local function commit(keys, args)
    local call, key, expected = redis.call, keys[1], args[1]
    if call('GETRANGE', key, '0', '7') ~= expected then
        return 0
    end
    if expected == '' or args[3] == '0' then
        return write_record(key, expected, args[2], args[3])
    end
    call('SETEX', key, args[3], args[2])
    return 1
end

-- KEYS record; ARGV expected version. Returns 0 = another version, 1 = gone.
local function delete(keys, args)
    if redis.call('GETRANGE', keys[1], '0', '7') ~= args[1] then
        return 0
    end
    redis.call('DEL', keys[1])
    return 1
end

-- Reads ARGV in order.
local function reader(args)
    local at = 0
    return function()
        at = at + 1
        return args[at]
    end
end

-- 'w' write, 'd' delete, 'c' check only, '-' leave alone.
local function is_current(key, mode, expected)
    return mode == '-' or redis.call('GETRANGE', key, '0', '7') == expected
end

local function apply_record(key, mode, expected, value, ttl, time)
    if mode == 'w' then
        return write_record(key, expected, value, ttl, time)
    elseif mode == 'd' then
        redis.call('DEL', key)
    end
    return 0
end

-- An entry goes straight into the pending list of the gateway that will send it; one that nobody owns
-- yet into NOBODY's, idle since 1970, so that the next sweep takes it.
local function owe(stream, owner, body, subject)
    local id = redis.call('XADD', stream, '*', 'b', body, 'm', subject)
    if owner == '' then
        redis.call('XCLAIM', stream, GROUP, NOBODY, '0', id, 'TIME', '0', 'RETRYCOUNT', '0', 'FORCE',
            'JUSTID')
    else
        redis.call('XCLAIM', stream, GROUP, owner, '0', id, 'RETRYCOUNT', '1', 'FORCE', 'JUSTID')
    end
    return id
end

-- Returns whether it was there.
local function settle_entry(stream, id)
    redis.call('XACK', stream, GROUP, id)
    return redis.call('XDEL', stream, id) == 1
end

-- {b}n has, beside the counters of registration numbers, how many entries were ever owed, and how many
-- ended how.
local function tally(counters, what, count)
    redis.call('HINCRBY', counters, 'sms:' .. what, count)
end

-- What is owed to one subscriber, by the keyed hash that each entry carries, and what is known of the
-- messages sent.
local function forget_owed(stream, timers, counters, messages, subject)
    local erased = 0
    for _, entry in ipairs(redis.call('XRANGE', stream, '-', '+')) do
        if entry[2][4] == subject and settle_entry(stream, entry[1]) then
            erased = erased + 1
        end
    end
    for _, value in ipairs(redis.call('HVALS', messages)) do
        if string.sub(value, 1, 2) == 'A ' then -- awaited: read_subject()
            erased = erased + 1
        end
    end
    redis.call('DEL', messages)
    redis.call('ZREM', timers, 'lapse:' .. subject)
    if erased > 0 then
        tally(counters, 'x', erased)
    end
end

-- {b}p: every number that has a merchant record. A set of numbers takes 8 octets each.
local function people_note(people, mode, expected, msisdn)
    if mode == 'd' then
        redis.call('SREM', people, msisdn)
    elseif mode == 'w' and expected == '' then
        redis.call('SADD', people, msisdn)
    end
end

-- {b}r: member -> "COUNT MSISDN": in how many sets it stands, and whose it is.
local function members_add(members, member, msisdn, change)
    if change > 0 and redis.call('HSETNX', members, member, '1 ' .. msisdn) == 1 then
        return
    end
    local found = redis.call('HGET', members, member)
    local count = change
    if found then
        count = count + tonumber(string.match(found, '^%d+'))
    end
    if count <= 0 then
        redis.call('HDEL', members, member)
    else
        redis.call('HSET', members, member, string.format('%d %s', count, msisdn))
    end
end

local function index(members, leave, enter, member, at_ms, msisdn)
    if enter and redis.call('ZADD', enter, at_ms, member) == 1 then
        members_add(members, member, msisdn, 1)
    end
    if leave and leave ~= enter and redis.call('ZREM', leave, member) == 1 then
        members_add(members, member, msisdn, -1)
    end
end

-- One call for all that go and one for all that come: a call costs more than what it does. The last
-- word about a member counts.
local function set_timers(timers, take)
    local last, gone, due = {}, {}, {}
    for _ = 1, tonumber(take()) do
        local member = take()
        last[member] = take()
    end
    for member, due_ms in pairs(last) do
        if due_ms == '0' then
            gone[#gone + 1] = member
        else
            due[#due + 1], due[#due + 2] = due_ms, member
        end
    end
    if #gone > 0 then
        redis.call('ZREM', timers, unpack(gone))
    end
    if #due > 0 then
        redis.call('ZADD', timers, unpack(due))
    end
end

local function log_add(journal, keep_s, body, time)
    if keep_s == '0' then
        redis.call('XADD', journal, '*', 'b', body)
        return
    end
    local oldest = (time or redis.call('TIME'))[1] - tonumber(keep_s)
    redis.call('XADD', journal, 'MINID', '~', string.format('%d-0', math.max(oldest, 0) * 1000), '*',
        'b', body)
end

-- All that one commit may hold.
-- KEYS 1 session, 2 merchant, 3 outbox, 4 members, 5 timers, 6 journal, 7 consents, 8 people, 9 counters,
--      10 messages of the subject, then index sets.
-- ARGV msisdn, owner ('' = nobody), seconds that journal entries and consents are kept,
--      subject (keyed hash of the msisdn), '1' = what is owed to it is forgotten first,
--      session: mode, expected version, value, TTL; merchant: mode, expected version, value;
--      number of bodies owed, each; number of settled ids, each;
--      number of index rows, each: member, at_ms, place of leave set and of enter set in KEYS (0 = none);
--      number of timers, each: member, due_ms (0 = remove); number of journal bodies, each;
--      number of consents, each.
-- Returns {1, session version, merchant version, id owed...}, or {0, session, merchant} as they are.
local function commit_all(keys, args)
    local take = reader(args)
    local msisdn, owner, keep_s, consent_keep_s = take(), take(), take(), take()
    local subject, is_forgotten = take(), take()
    local s_mode, s_expected, s_value, s_ttl = take(), take(), take(), take()
    local m_mode, m_expected, m_value = take(), take(), take()
    if not (is_current(keys[1], s_mode, s_expected) and is_current(keys[2], m_mode, m_expected)) then
        return {0, redis.call('GET', keys[1]), redis.call('GET', keys[2])}
    end
    local owed = tonumber(take())
    if owed > 0 and redis.call('EXISTS', keys[3]) == 0 then
        redis.call('XGROUP', 'CREATE', keys[3], GROUP, 0, 'MKSTREAM')
    end
    local time = redis.call('TIME')
    local reply = {1, apply_record(keys[1], s_mode, s_expected, s_value, s_ttl, time),
        apply_record(keys[2], m_mode, m_expected, m_value, '0', time)}
    people_note(keys[8], m_mode, m_expected, msisdn)
    if is_forgotten == '1' then
        forget_owed(keys[3], keys[5], keys[9], keys[10], subject)
    end
    for _ = 1, owed do
        reply[#reply + 1] = owe(keys[3], owner, take(), subject)
    end
    if owed > 0 then
        tally(keys[9], 'owed', owed)
    end
    for _ = 1, tonumber(take()) do
        if settle_entry(keys[3], take()) then
            tally(keys[9], 's', 1)
        end
    end
    for _ = 1, tonumber(take()) do
        local member, at_ms = take(), take()
        local leave, enter = keys[tonumber(take())], keys[tonumber(take())]
        index(keys[4], leave, enter, member, at_ms, msisdn)
    end
    set_timers(keys[5], take)
    for _ = 1, tonumber(take()) do
        log_add(keys[6], keep_s, take(), time)
    end
    for _ = 1, tonumber(take()) do
        log_add(keys[7], consent_keep_s, take(), time)
    end
    return reply
end

-- What has become of a subject's messages: {b}x:SUBJECT, a hash of
--   "=ID"   "END parts worst at until": "A" is awaited, over so many receipts more; else the end
--   "+KEY"  "ID PART": a receipt with this key is about that part; "?": it may be about two
--   "!KEY"  "END until KEY": a receipt that was here before its message; KEY is its first one
-- A subject that awaits something has a timer of its own; one that does not expires.
local AWAITED_MAX, ENDED_MAX, PARKED_MAX = 64, 8, 16 -- STORE_AWAITED_MAX and so on
local GOES_ON, ENDED, TOLD, PARKED, AMBIGUOUS, CROWDED, UNKNOWN = 0, 1, 2, 3, 4, 5, 6 -- enum store_fate
local AWAITED = 'A'
local TOLD_MS = 86400000 -- STORE_TOLD_MS
local WORSE = {s = 0, d = 1, e = 2, f = 3}

local function read_subject(key, now)
    local x = {key = key, messages = {}, names = {}, parked = {}}
    local flat = redis.call('HGETALL', key)
    x.is_new = #flat == 0
    for i = 1, #flat, 2 do
        local kind, name, value = string.sub(flat[i], 1, 1), string.sub(flat[i], 2), flat[i + 1]
        if kind == '=' then
            local state, parts, worst, at, limit = string.match(value, '^(%a) (%d+) (%a) (%d+) (%d+)$')
            x.messages[name] = {id = name, state = state, parts = tonumber(parts), worst = worst,
                at = at, limit = limit}
        elseif kind == '+' then
            x.names[name] = value
        else
            local state, limit, first = string.match(value, '^(%a) (%d+) (.*)$')
            if tonumber(limit) <= tonumber(now) then
                redis.call('HDEL', key, flat[i])
            else
                x.parked[name] = {state = state, limit = limit, first = first}
            end
        end
    end
    return x
end

local function write_message(x, m)
    redis.call('HSET', x.key, '=' .. m.id,
        string.format('%s %d %s %s %s', m.state, m.parts, m.worst, m.at, m.limit))
end

local function forget_names(x, pattern)
    local gone = {}
    for name, value in pairs(x.names) do
        if string.find(value, pattern) then
            x.names[name] = nil
            gone[#gone + 1] = '+' .. name
        end
    end
    if #gone > 0 then
        redis.call('HDEL', x.key, unpack(gone))
    end
end

local function escape(id)
    return (string.gsub(id, '%-', '%%-'))
end

local function end_message(x, counters, m, state, now)
    m.state, m.parts, m.at = state, 0, now
    m.limit = string.format('%.0f', math.max(tonumber(m.limit), tonumber(now) + TOLD_MS))
    write_message(x, m)
    forget_names(x, '^' .. escape(m.id) .. ' ')
    tally(counters, state, 1)
end

local function count_receipt(x, counters, m, state, now)
    m.parts = m.parts - 1
    if WORSE[state] > WORSE[m.worst] then
        m.worst = state
    end
    if m.parts == 0 then
        end_message(x, counters, m, m.worst, now)
    else
        write_message(x, m)
    end
end

local function forget_parked(x, first)
    for name, p in pairs(x.parked) do
        if p.first == first then
            x.parked[name] = nil
            redis.call('HDEL', x.key, '!' .. name)
        end
    end
end

local function is_older(a, b)
    local a_ms, a_number = string.match(a.id, '^(%d+)-(%d+)$')
    local b_ms, b_number = string.match(b.id, '^(%d+)-(%d+)$')
    if a_ms ~= b_ms then
        return tonumber(a_ms) < tonumber(b_ms)
    end
    return tonumber(a_number) < tonumber(b_number)
end

-- How many messages are awaited (or have ended), and the oldest of them.
local function oldest(x, is_awaited)
    local count, found = 0, nil
    for _, m in pairs(x.messages) do
        if (m.state == AWAITED) == is_awaited then
            count = count + 1
            if not found or is_older(m, found) then
                found = m
            end
        end
    end
    return count, found
end

-- Called last: keeps to the limits, sets timer and expiry.
local function tidy(x, timers, subject)
    local count, m = oldest(x, false)
    while count > ENDED_MAX do
        x.messages[m.id] = nil
        redis.call('HDEL', x.key, '=' .. m.id)
        count, m = oldest(x, false)
    end
    local due, last
    for _, message in pairs(x.messages) do
        local limit = tonumber(message.limit)
        if message.state == AWAITED and (not due or limit < due) then
            due = limit
        end
        last = math.max(last or limit, limit)
    end
    for _, p in pairs(x.parked) do
        last = math.max(last or 0, tonumber(p.limit))
    end
    if due then
        redis.call('ZADD', timers, string.format('%.0f', due), 'lapse:' .. subject)
        if not x.is_new then
            redis.call('PERSIST', x.key)
        end
        return
    end
    forget_names(x, '')
    redis.call('ZREM', timers, 'lapse:' .. subject)
    if last then
        redis.call('PEXPIREAT', x.key, string.format('%.0f', last))
    end
end

-- The names of a message's parts, of which some may have been told already.
local function await(x, counters, m, take, now)
    local names, told, fields = {}, {}, {}
    for _ = 1, tonumber(take()) do
        names[#names + 1] = {part = take(), name = take()}
    end
    x.messages[m.id] = m
    write_message(x, m)
    for _, n in ipairs(names) do
        local p = x.parked[n.name]
        if p and not told[n.part] then
            told[n.part] = p.state
            forget_parked(x, p.first)
        end
    end
    for _, n in ipairs(names) do
        if not told[n.part] then
            x.names[n.name] = x.names[n.name] and '?' or m.id .. ' ' .. n.part
            fields[#fields + 1], fields[#fields + 2] = '+' .. n.name, x.names[n.name]
        end
    end
    if #fields > 0 then
        redis.call('HSET', x.key, unpack(fields))
    end
    for _, state in pairs(told) do
        count_receipt(x, counters, m, state, now)
    end
end

local function tell_message(m, evicted)
    if m.state == AWAITED then
        return {GOES_ON, AWAITED, evicted}
    end
    return {ENDED, m.state, evicted}
end

-- KEYS outbox, timers, counters, subject;
-- ARGV subject, id, end ('A': awaited), now_ms, until_ms, parts, number of names, each: part, name.
-- Returns {fate, end, messages of the subject that expired by the way}.
local function settle(keys, args)
    local take = reader(args)
    local subject, id, state, now, limit, parts = take(), take(), take(), take(), take(), take()
    local was_there = settle_entry(keys[1], id)
    local x = read_subject(keys[4], now)
    local m, evicted = x.messages[id], 0
    if not was_there then
        return {m and TOLD or UNKNOWN, m and m.state or AWAITED, 0}
    end
    m = {id = id, state = AWAITED, parts = tonumber(parts), worst = 'd', at = now, limit = limit}
    if state == AWAITED then
        await(x, keys[3], m, take, now)
        local count, first = oldest(x, true)
        if count > AWAITED_MAX then
            end_message(x, keys[3], first, 'e', now)
            evicted = 1
        end
    else
        x.messages[id] = m
        end_message(x, keys[3], m, state, now)
    end
    tidy(x, keys[2], subject)
    return tell_message(m, evicted)
end

-- KEYS outbox; ARGV owner, id. Returns 1, or 0 when the entry is gone or another's.
local function touch(keys, args)
    local pending = redis.call('EXISTS', keys[1]) == 1 and
        redis.call('XPENDING', keys[1], GROUP, args[2], args[2], 1) or {}
    if not pending[1] or pending[1][2] ~= args[1] then
        return 0
    end
    redis.call('XCLAIM', keys[1], GROUP, args[1], 0, args[2], 'JUSTID')
    return 1
end

local function park(x, names, state, limit)
    local firsts, count = {}, 0
    for _, p in pairs(x.parked) do
        if not firsts[p.first] then
            firsts[p.first] = true
            count = count + 1
        end
    end
    if count >= PARKED_MAX then
        return CROWDED
    end
    for _, name in ipairs(names) do
        x.parked[name] = {state = state, limit = limit, first = names[1]}
        redis.call('HSET', x.key, '!' .. name, string.format('%s %s %s', state, limit, names[1]))
    end
    return PARKED
end

-- KEYS timers, counters, subject; ARGV subject, end, now_ms, until when it is kept, name...
-- Returns {fate, end, 0}.
local function receipt(keys, args)
    local take = reader(args)
    local subject, state, now, limit = take(), take(), take(), take()
    local x = read_subject(keys[3], now)
    local names, meant = {}, nil
    for name in take do
        names[#names + 1] = name
        local value = x.names[name]
        if value == '?' or (value and meant and value ~= meant) then
            return {AMBIGUOUS, AWAITED, 0}
        end
        meant = meant or value
        if x.parked[name] then
            return {PARKED, AWAITED, 0}
        end
    end
    if not meant then
        local fate = park(x, names, state, limit)
        tidy(x, keys[1], subject)
        return {fate, AWAITED, 0}
    end
    local m = x.messages[string.match(meant, '^%S+')]
    forget_names(x, '^' .. escape(meant) .. '$')
    count_receipt(x, keys[2], m, state, now)
    tidy(x, keys[1], subject)
    return tell_message(m, 0)
end

-- KEYS timers, counters, subject; ARGV subject, now_ms. Returns {expired, failed}.
local function lapse(keys, args)
    local x = read_subject(keys[3], args[2])
    local ended = {e = 0, f = 0}
    for _, m in pairs(x.messages) do
        if m.state == AWAITED and tonumber(m.limit) <= tonumber(args[2]) then
            local state = m.worst == 'f' and 'f' or 'e'
            end_message(x, keys[2], m, state, args[2])
            ended[state] = ended[state] + 1
        end
    end
    tidy(x, keys[1], args[1])
    return {ended.e, ended.f}
end

-- KEYS subject. Returns {id, end, at_ms, ...}.
local function messages(keys, args)
    local flat, reply = redis.call('HGETALL', keys[1]), {}
    for i = 1, #flat, 2 do
        if string.sub(flat[i], 1, 1) == '=' then
            local state, at = string.match(flat[i + 1], '^(%a) %d+ %a (%d+) ')
            reply[#reply + 1] = string.sub(flat[i], 2)
            reply[#reply + 1] = state
            reply[#reply + 1] = at
        end
    end
    return reply
end

-- KEYS counters, outbox. Returns {owed, sent, delivered, expired, failed, waiting}.
local function tell_tally(keys, args)
    local reply = redis.call('HMGET', keys[1], 'sms:owed', 'sms:s', 'sms:d', 'sms:e', 'sms:f', 'sms:x')
    for i = 1, 6 do
        reply[i] = reply[i] or '0'
    end
    reply[7] = tostring(redis.call('XLEN', keys[2]))
    return reply
end

-- Takes over entries idle for long enough. XAUTOCLAIM looks at ten times COUNT entries and hands back
-- where to go on; a bucket's pending list is short, so a few rounds see all of it.
local function take_over(stream, owner, idle_ms, limit)
    local taken, cursor = {}, '0-0'
    if redis.call('EXISTS', stream) == 0 then
        return taken
    end
    for _ = 1, 10 do
        local claimed = redis.call('XAUTOCLAIM', stream, GROUP, owner, idle_ms, cursor, 'COUNT',
            limit - #taken / 3)
        for _, entry in ipairs(claimed[2]) do
            local pending = redis.call('XPENDING', stream, GROUP, entry[1], entry[1], 1)
            taken[#taken + 1] = entry[1]
            taken[#taken + 1] = pending[1][4]
            taken[#taken + 1] = entry[2][2]
        end
        cursor = claimed[1]
        if cursor == '0-0' or #taken / 3 >= limit then
            break
        end
    end
    return taken
end

-- KEYS outbox, timers; ARGV owner, idle_ms, now_ms, limit (0: the outbox is left alone).
-- Returns {{id, deliveries, body, ...}, {timer member...}}.
local function sweep(keys, args)
    local limit = tonumber(args[4])
    return {limit > 0 and take_over(keys[1], args[1], args[2], limit) or {},
        redis.call('ZRANGEBYSCORE', keys[2], '-inf', args[3], 'LIMIT', 0, SWEEP_MAX)}
end

-- The rank behind a member of a sorted set, or behind where it would stand.
local function rank_behind(set, score, member)
    local rank = redis.call('ZCOUNT', set, '-inf', '(' .. score)
    for _, other in ipairs(redis.call('ZRANGEBYSCORE', set, score, score)) do
        if other <= member then
            rank = rank + 1
        end
    end
    return rank
end

local function list_people(people, limit, after)
    local reply, numbers = {}, redis.call('SMEMBERS', people)
    table.sort(numbers)
    for _, number in ipairs(numbers) do
        if number > after and #reply / 3 <= limit then
            reply[#reply + 1], reply[#reply + 2], reply[#reply + 3] = number, '0', '1 ' .. number
        end
    end
    return reply
end

-- KEYS members, set; ARGV limit, score and member to go on behind ('' = from the start), '1' = the set
-- is that of the people, who have no score. Returns {member, score, "COUNT MSISDN", ...}: limit + 1 at
-- most.
local function list(keys, args)
    if args[4] == '1' then
        return list_people(keys[2], tonumber(args[1]), args[3])
    end
    local first = args[3] == '' and 0 or rank_behind(keys[2], args[2], args[3])
    local rows = redis.call('ZRANGE', keys[2], first, first + args[1], 'WITHSCORES')
    local reply = {}
    for i = 1, #rows, 2 do
        reply[#reply + 1] = rows[i]
        reply[#reply + 1] = rows[i + 1]
        reply[#reply + 1] = redis.call('HGET', keys[1], rows[i])
    end
    return reply
end

-- KEYS log; ARGV seconds to keep, bodies. Returns how many were written.
local function log(keys, args)
    for i = 2, #args do
        log_add(keys[1], args[1], args[i])
    end
    return #args - 1
end

redis.register_function('w_commit', commit)
redis.register_function('w_delete', delete)
redis.register_function('w_commit_all', commit_all)
redis.register_function('w_settle', settle)
redis.register_function('w_sweep', sweep)
redis.register_function('w_log', log)
redis.register_function('w_touch', touch)
redis.register_function('w_receipt', receipt)
redis.register_function('w_lapse', lapse)
redis.register_function{function_name = 'w_messages', callback = messages, flags = {'no-writes'}}
redis.register_function{function_name = 'w_tally', callback = tell_tally, flags = {'no-writes'}}
redis.register_function{function_name = 'w_list', callback = list, flags = {'no-writes'}}
