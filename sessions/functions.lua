#!lua name=warung
-- What Warung does inside Redis: one call, one atomic write (docs: sessions/store.h, docs/decisions/0004).
--
-- Library version: LIBRARY_VERSION below; raise it with every change of what a caller sees. SERVES_FROM is
-- the version of the oldest caller to whom every function still does what it did: while gateways are
-- upgraded one by one, older ones go on with a newer library that serves them, and refuse any other
-- (sessions/redis_greet.c reads both lines). Keep it at the last release's version as long as that can be.
--
-- Rules. A function touches only the keys it was given, all of one hash tag, so that it runs on a
-- Cluster (w_each, which has many, is not called there). It checks everything before its first write:
-- after that nothing may fail. A record is its version, 8 octets big endian, and its data; the caller
-- makes the version of a record that exists (store_next_version(); callers of before added one); that of a
-- new record is the server's clock in microseconds, which no earlier record of the same name has reached.
local LIBRARY_VERSION = 14
local SERVES_FROM = 9

local GROUP = 'gw' -- of every outbox stream
local SWEEP_MAX = 100 -- STORE_SWEEP_MAX
local AHEAD_MAX_S = 3600 -- STORE_AHEAD_MAX_S
local NOBODY = '-' -- consumer that holds what no gateway has taken yet

-- Writes a record, whose value came with the octets of its version if it exists. Returns the version of a
-- new one, as a number and as octets; else 1 and none: the caller knows it then, and nothing is cheaper to
-- tell than a small integer.
local function write_record(key, expected, value, ttl)
    local version, octets = 1, ''
    if expected == '' then
        local time = redis.call('TIME')
        version = time[1] * 1000000 + time[2]
        octets = struct.pack('>I8', version)
        value = octets .. value
    end
    if ttl == '0' then
        redis.call('SET', key, value)
    else
        redis.call('SETEX', key, ttl, value)
    end
    return version, octets
end

-- A function that may be called with others (each) finds its keys behind keys[k], its arguments behind
-- args[a], up to args[last].

-- The hot path: one record, compared and written. Returns 0 = another version, else as write_record.
-- (Words are strings, not numbers: redis.call() would print each number anew, a tenth of the call.)
local function commit_record(call, key, expected, value, ttl)
    if call('GETRANGE', key, '0', '7') ~= expected then
        return 0
    end
    if expected == '' or ttl == '0' then
        return (write_record(key, expected, value, ttl))
    end
    call('SETEX', key, ttl, value)
    return 1
end

-- KEYS record; ARGV expected version ('' = none), value, TTL in seconds ('0' = for ever).
local function commit(keys, args)
    return commit_record(redis.call, keys[1], args[1], args[2], args[3])
end

-- KEYS record; ARGV expected version. Returns 0 = another version, 1 = gone.
local function delete(keys, args)
    if redis.call('GETRANGE', keys[1], '0', '7') ~= args[1] then
        return 0
    end
    redis.call('DEL', keys[1])
    return 1
end

-- Reads words in order, from behind the one at `at`: the next, or the next `count`.
local function reader(words, at)
    return function(count)
        local from = at + 1
        at = at + (count or 1)
        if count then
            return unpack(words, from, at)
        end
        return words[at]
    end
end

-- What is done with a record of w_commit_all: octets of its shape.
local WRITE, DELETE, LEFT_ALONE = 119, 100, 45 -- 'w', 'd', '-'; and 'c', only checked

-- Returns the octets of a new record's version.
local function apply_record(key, mode, expected, value, ttl)
    if mode == WRITE then
        local _, octets = write_record(key, expected, value, ttl)
        return octets
    elseif mode == DELETE then
        redis.call('DEL', key)
    end
    return ''
end

-- An entry goes straight into the pending list of the gateway that will send it; one that nobody owns
-- yet into NOBODY's, idle since 1970, so that the next sweep takes it.
local function claim(stream, owner, id)
    if owner == '' then
        return redis.pcall('XCLAIM', stream, GROUP, NOBODY, '0', id, 'TIME', '0', 'RETRYCOUNT', '0', 'FORCE',
            'JUSTID')
    end
    return redis.pcall('XCLAIM', stream, GROUP, owner, '0', id, 'RETRYCOUNT', '1', 'FORCE', 'JUSTID')
end

local function owe(stream, owner, body, subject)
    local id = redis.call('XADD', stream, '*', 'b', body, 'm', subject)
    if claim(stream, owner, id).err then -- the stream's first entry: there is no group yet
        redis.call('XGROUP', 'CREATE', stream, GROUP, '0')
        claim(stream, owner, id)
    end
    return id
end

-- Returns whether it was there.
local function settle_entry(stream, id)
    redis.call('XACK', stream, GROUP, id)
    return redis.call('XDEL', stream, id) == 1
end

-- {b}n has, beside the counters of registration numbers, how many entries ended how; how many were ever
-- owed the stream knows.
local function tally(counters, what, count)
    redis.call('HINCRBY', counters, 'sms:' .. what, count)
end

-- What has become of a subject's messages: {b}x:SUBJECT, packed {messages, names, parked}:
--   messages, by a number of their own: id, state ('A': it is awaited, over so many receipts more; else
--     its end), and so on as below
--   names: which message and part a receipt with this name is about; AMBIGUOUS_NAME: it may be two
--   parked, by name: receipts that were here before their message; `first` is the receipt's first name
-- A subject that awaits something has a timer of its own; one that does not expires. Times are words of
-- milliseconds, as they come and go.
local ID, STATE, PARTS, WORST, AT, LIMIT = 1, 2, 3, 4, 5, 6 -- of a message
local END, UNTIL, FIRST = 1, 2, 3 -- of what is parked
local AMBIGUOUS_NAME, NAME_PARTS = 0, 256 -- a name is message * NAME_PARTS + part

local AWAITED_MAX, ENDED_MAX, PARKED_MAX = 64, 8, 16 -- STORE_AWAITED_MAX and so on
local GOES_ON, ENDED, TOLD, PARKED, AMBIGUOUS, CROWDED, UNKNOWN = 0, 1, 2, 3, 4, 5, 6 -- enum store_fate
local AWAITED = 'A'
local WORSE = {s = 0, d = 1, e = 2, f = 3}

local function is_before(a, b)
    if #a ~= #b then
        return #a < #b
    end
    return a < b
end

local function later_of(a, b)
    return a and is_before(b, a) and a or b
end

local function read_subject(key, now)
    local packed = redis.call('GET', key)
    local kept = packed and cmsgpack.unpack(packed) or {{}, {}, {}}
    local x = {key = key, messages = kept[1], names = kept[2], parked = kept[3]}
    for name, p in pairs(x.parked) do
        if not is_before(now, p[UNTIL]) then
            x.parked[name] = nil
        end
    end
    return x
end

-- What is owed to one subscriber, by the keyed hash that each entry carries, up to an id or a time.
local function forget_entries(stream, counters, subject, last)
    local erased = 0
    for _, entry in ipairs(redis.call('XRANGE', stream, '-', last)) do
        if entry[2][4] == subject and settle_entry(stream, entry[1]) then
            erased = erased + 1
        end
    end
    if erased > 0 then
        tally(counters, 'x', erased)
    end
end

-- All that is known of what was sent to a subscriber; what was awaited is told of no more.
local function forget_messages(timers, counters, messages, subject)
    local erased = 0
    for _, m in pairs(read_subject(messages, '0').messages) do
        if m[STATE] == AWAITED then
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
    if mode == DELETE then
        redis.call('SREM', people, msisdn)
    elseif expected == '' then
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

-- All that one commit may hold. A word costs more on its way here than most of what is done with it, so
-- only those are sent that this commit needs.
-- ARGV 1 is the commit's shape, an octet each: mode of session and merchant; then how many (from NONE
--      up): 1 = what is owed to the subject is forgotten first, 2 = only what was owed until a time; bodies
--      owed; ids settled; index rows; timers that end; timers that begin; journal bodies; consents.
-- KEYS session, merchant; then those that the shape needs of: people, outbox, counters, messages of the
--      subject, members, timers, journal, consents, sets of the index rows.
-- ARGV 2... likewise: expected version, value, TTL of the session; expected version, value of the
--      merchant; msisdn; subject (keyed hash of the msisdn); that time in ms; owner ('' = nobody), each body;
--      each id; each row: member, at_ms, 'l' leaves the next set, 'e' enters it, 'b' leaves it and enters the
--      one after, 'n' neither; each member that ends; due_ms and member that begin; each journal body; each
--      consent.
-- Returns a string: the versions of those that are new, 8 octets each, and the ids of what is owed with
-- spaces between; or {session, merchant} as they are. (A table costs 8,000 instructions to tell.)
local NONE, FORGOTTEN, CUT = 48, 49, 50 -- '0', '1', '2'

local function commit_all(keys, args, k, a)
    local call, take, key = redis.call, reader(args, a + 1), reader(keys, k + 2)
    local s_key, m_key = keys[k + 1], keys[k + 2]
    local s_mode, m_mode, forgotten, owed, settled, rows, ending, beginning, entries, consents =
        string.byte(args[a + 1], 1, 10)
    local s_expected = s_mode ~= LEFT_ALONE and take()
    local s_value, s_ttl = s_mode == WRITE and take(), s_mode == WRITE and take()
    local m_expected = m_mode ~= LEFT_ALONE and take()
    local m_value = m_mode == WRITE and take()
    if (s_expected and call('GETRANGE', s_key, '0', '7') ~= s_expected) or
        (m_expected and call('GETRANGE', m_key, '0', '7') ~= m_expected) then
        return {call('GET', s_key), call('GET', m_key)}
    end
    local reply = apply_record(s_key, s_mode, s_expected, s_value, s_ttl) ..
        apply_record(m_key, m_mode, m_expected, m_value, '0')

    local is_forgotten, is_cut = forgotten == FORGOTTEN, forgotten == CUT
    local has_person = m_mode == WRITE or m_mode == DELETE
    local msisdn = (has_person or rows ~= NONE) and take()
    local subject = (is_forgotten or is_cut or owed ~= NONE) and take()
    if has_person then
        people_note(key(), m_mode, m_expected, msisdn)
    end
    local outbox = (is_forgotten or is_cut or owed ~= NONE or settled ~= NONE) and key()
    local counters = (is_forgotten or is_cut or settled ~= NONE) and key()
    local subject_key = is_forgotten and key()
    local members = rows ~= NONE and key()
    local timers = (is_forgotten or ending ~= NONE or beginning ~= NONE) and key()
    local journal = entries ~= NONE and key()
    local consent_log = consents ~= NONE and key()

    if is_cut then
        forget_entries(outbox, counters, subject, take())
    elseif is_forgotten then
        forget_entries(outbox, counters, subject, '+')
        forget_messages(timers, counters, subject_key, subject)
    end
    if owed ~= NONE then
        local owner, ids = take(), {}
        for i = 1, owed - NONE do
            ids[i] = owe(outbox, owner, take(), subject)
        end
        reply = reply .. table.concat(ids, ' ')
    end
    for _ = NONE + 1, settled do
        if settle_entry(outbox, take()) then
            tally(counters, 's', '1')
        end
    end
    for _ = NONE + 1, rows do
        local member, at_ms, move = take(), take(), take()
        local leave = (move == 'l' or move == 'b') and key()
        local enter = (move == 'e' or move == 'b') and key()
        index(members, leave, enter, member, at_ms, msisdn)
    end
    if ending ~= NONE then
        call('ZREM', timers, take(ending - NONE))
    end
    if beginning ~= NONE then
        call('ZADD', timers, take(2 * (beginning - NONE)))
    end
    for _ = NONE + 1, entries do
        call('XADD', journal, '*', 'b', take())
    end
    for _ = NONE + 1, consents do
        call('XADD', consent_log, '*', 'b', take())
    end
    return reply
end

local function find_message(x, id)
    for number, m in pairs(x.messages) do
        if m[ID] == id then
            return m, number
        end
    end
end

-- All of a message, or of one part only.
local function forget_names(x, number, part)
    for name, value in pairs(x.names) do
        local its_part = value % NAME_PARTS
        if value - its_part == number * NAME_PARTS and (not part or its_part == part) then
            x.names[name] = nil
        end
    end
end

local function end_message(x, counters, number, state, now, told_until)
    local m = x.messages[number]
    m[STATE], m[PARTS], m[AT], m[LIMIT] = state, 0, now, later_of(m[LIMIT], told_until)
    forget_names(x, number)
    tally(counters, state, '1')
end

local function count_receipt(x, counters, number, state, now, told_until)
    local m = x.messages[number]
    m[PARTS] = m[PARTS] - 1
    if WORSE[state] > WORSE[m[WORST]] then
        m[WORST] = state
    end
    if m[PARTS] == 0 then
        end_message(x, counters, number, m[WORST], now, told_until)
    end
end

local function forget_parked(x, first)
    for name, p in pairs(x.parked) do
        if p[FIRST] == first then
            x.parked[name] = nil
        end
    end
end

local function is_older(a, b)
    local a_ms, a_number = string.match(a[ID], '^(%d+)-(%d+)$')
    local b_ms, b_number = string.match(b[ID], '^(%d+)-(%d+)$')
    if a_ms ~= b_ms then
        return tonumber(a_ms) < tonumber(b_ms)
    end
    return tonumber(a_number) < tonumber(b_number)
end

-- How many messages are awaited (or have ended), and the number of the oldest of them.
local function oldest(x, is_awaited)
    local count, found = 0, nil
    for number, m in pairs(x.messages) do
        if (m[STATE] == AWAITED) == is_awaited then
            count = count + 1
            if not found or is_older(m, x.messages[found]) then
                found = number
            end
        end
    end
    return count, found
end

-- Until when something is awaited, and until when anything is told of.
local function limits(x)
    local due, last
    for _, m in pairs(x.messages) do
        if m[STATE] == AWAITED and not (due and is_before(due, m[LIMIT])) then
            due = m[LIMIT]
        end
        last = later_of(last, m[LIMIT])
    end
    for _, p in pairs(x.parked) do
        last = later_of(last, p[UNTIL])
    end
    return due, last
end

local function pack_subject(x)
    return cmsgpack.pack({x.messages, x.names, x.parked})
end

-- Called last: keeps to the limits, sets timer and expiry, writes. Where nothing is left to tell of there
-- were receipts alone: they expire.
local function keep(x, timers, subject)
    local count, number = oldest(x, false)
    while count > ENDED_MAX do
        x.messages[number] = nil
        count, number = oldest(x, false)
    end
    local due, last = limits(x)
    if due then
        redis.call('ZADD', timers, due, 'lapse:' .. subject)
        redis.call('SET', x.key, pack_subject(x))
        return
    end
    x.names = {}
    redis.call('ZREM', timers, 'lapse:' .. subject)
    if last then
        redis.call('SET', x.key, pack_subject(x), 'PXAT', last)
    end
end

-- The names of a message's parts, of which some may have been told already: args[first...last], a part and
-- a name in turn.
local function await(x, counters, number, args, first, last, now, told_until)
    local told = {}
    for i = first, last, 2 do
        local part, p = args[i], x.parked[args[i + 1]]
        if p and not told[part] then
            told[part] = p[END]
            forget_parked(x, p[FIRST])
        end
    end
    for i = first, last, 2 do
        local name = args[i + 1]
        if not told[args[i]] then
            x.names[name] = x.names[name] and AMBIGUOUS_NAME or number * NAME_PARTS + args[i]
        end
    end
    for _, state in pairs(told) do
        count_receipt(x, counters, number, state, now, told_until)
    end
end

-- What has become of a message, in one number: a table costs 8,000 instructions to tell.
local function fate_of(fate, state, evicted)
    return string.byte(state) + 256 * (fate + 8 * evicted)
end

local function tell_message(m, evicted)
    return fate_of(m[STATE] == AWAITED and GOES_ON or ENDED, m[STATE], evicted)
end

-- KEYS outbox, timers, counters, subject;
-- ARGV subject, id, end ('A': awaited), now_ms, until_ms, at least until when it is told of once it has
--      ended, parts; part, name...
-- Returns fate_of: its fate and end, and how many messages of the subject expired by the way.
local function settle(keys, args, k, a, last)
    local subject, id, state, now, limit, told_until, parts = unpack(args, a + 1, a + 7)
    local timers, counters = keys[k + 2], keys[k + 3]
    local was_there = settle_entry(keys[k + 1], id)
    local x = read_subject(keys[k + 4], now)
    if not was_there then
        local m = find_message(x, id)
        return fate_of(m and TOLD or UNKNOWN, m and m[STATE] or AWAITED, 0)
    end
    local number, evicted = #x.messages + 1, 0
    local m = {id, AWAITED, parts + 0, 'd', now, limit} -- a number: tonumber() costs three times that
    x.messages[number] = m
    if state == AWAITED then
        await(x, counters, number, args, a + 8, last, now, told_until)
        local count, first = oldest(x, true)
        if count > AWAITED_MAX then
            end_message(x, counters, first, 'e', now, told_until)
            evicted = 1
        end
    else
        end_message(x, counters, number, state, now, told_until)
    end
    keep(x, timers, subject)
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

local function park(x, args, first, last, state, limit)
    local firsts, count = {}, 0
    for _, p in pairs(x.parked) do
        if not firsts[p[FIRST]] then
            firsts[p[FIRST]] = true
            count = count + 1
        end
    end
    if count >= PARKED_MAX then
        return CROWDED
    end
    for i = first, last do
        x.parked[args[i]] = {state, limit, args[first]}
    end
    return PARKED
end

-- KEYS timers, counters, subject; ARGV subject, end, now_ms, until when the message is told of, until when
-- the receipt waits for it, name...
-- Returns fate_of.
local function receipt(keys, args, k, a, last)
    local subject, state, now, told_until, limit = unpack(args, a + 1, a + 5)
    local timers, counters = keys[k + 1], keys[k + 2]
    local first_name, meant = a + 6, nil
    local x = read_subject(keys[k + 3], now)
    for i = first_name, last do
        local value = x.names[args[i]]
        if value == AMBIGUOUS_NAME or (value and meant and value ~= meant) then
            return fate_of(AMBIGUOUS, AWAITED, 0)
        end
        meant = meant or value
        if x.parked[args[i]] then
            return fate_of(PARKED, AWAITED, 0)
        end
    end
    if not meant then
        local fate = park(x, args, first_name, last, state, limit)
        keep(x, timers, subject)
        return fate_of(fate, AWAITED, 0)
    end
    local part = meant % NAME_PARTS
    local number = (meant - part) / NAME_PARTS
    local m = x.messages[number]
    forget_names(x, number, part)
    count_receipt(x, counters, number, state, now, told_until)
    keep(x, timers, subject)
    return tell_message(m, 0)
end

-- KEYS timers, counters, subject; ARGV subject, now_ms, until when what ends is told of.
-- Returns {expired, failed}.
local function lapse(keys, args)
    local subject, now, told_until = unpack(args)
    local x = read_subject(keys[3], now)
    local ended = {e = 0, f = 0}
    for number, m in pairs(x.messages) do
        if m[STATE] == AWAITED and not is_before(now, m[LIMIT]) then
            local state = m[WORST] == 'f' and 'f' or 'e'
            end_message(x, keys[2], number, state, now, told_until)
            ended[state] = ended[state] + 1
        end
    end
    keep(x, keys[1], subject)
    return {ended.e, ended.f}
end

-- KEYS subject. Returns {id, end, at_ms, ...}.
local function messages(keys)
    local reply = {}
    for _, m in pairs(read_subject(keys[1], '0').messages) do
        reply[#reply + 1], reply[#reply + 2], reply[#reply + 3] = m[ID], m[STATE], m[AT]
    end
    return reply
end

-- KEYS counters, outbox. Returns {owed, sent, delivered, expired, failed, erased, waiting}.
local function tell_tally(keys)
    local reply = redis.call('HMGET', keys[1], 'sms:s', 'sms:d', 'sms:e', 'sms:f', 'sms:x')
    for i = 1, 5 do
        reply[i] = reply[i] or '0'
    end
    local owed, waiting = 0, 0
    if redis.call('EXISTS', keys[2]) == 1 then
        local told = redis.call('XINFO', 'STREAM', keys[2])
        for i = 1, #told, 2 do
            owed = told[i] == 'entries-added' and told[i + 1] or owed
            waiting = told[i] == 'length' and told[i + 1] or waiting
        end
    end
    return {tostring(owed), reply[1], reply[2], reply[3], reply[4], reply[5], tostring(waiting)}
end

-- Takes over the oldest that are idle for long enough. (XAUTOCLAIM looks each entry up in the stream
-- before it asks how long it is idle: 3 us each, of all that are pending, against 0.1 us here.)
local function take_over(stream, owner, idle_ms, limit)
    local taken, deliveries = {}, {}
    if redis.call('EXISTS', stream) == 0 then
        return taken
    end
    local pending = redis.call('XPENDING', stream, GROUP, 'IDLE', idle_ms, '-', '+', limit)
    if #pending == 0 then
        return taken
    end
    local claim = {'XCLAIM', stream, GROUP, owner, idle_ms}
    for _, entry in ipairs(pending) do
        claim[#claim + 1] = entry[1]
        deliveries[entry[1]] = entry[4] + 1
    end
    for _, entry in ipairs(redis.call(unpack(claim))) do
        taken[#taken + 1] = entry[1]
        taken[#taken + 1] = deliveries[entry[1]]
        taken[#taken + 1] = entry[2][2]
    end
    return taken
end

-- KEYS outbox, timers; ARGV owner, idle_ms, now_ms, limit (0: the outbox is left alone).
-- Returns {{id, deliveries, body, ...}, {timer member...}}; nothing but a number where now_ms is so many
-- seconds ahead of the server's clock, and that is too much: what is done too early cannot be undone.
-- Where more timers are due than it names, it begins with any of them: the first may be such as nobody can
-- carry out, sealed with a key that is gone, say, and must not keep back what is behind them.
local function sweep(keys, args)
    local limit, time = tonumber(args[4]), redis.call('TIME')
    local ahead_s = math.floor(args[3] / 1000) - time[1]
    if ahead_s > AHEAD_MAX_S then
        return ahead_s
    end
    local more = redis.call('ZCOUNT', keys[2], '-inf', args[3]) - SWEEP_MAX
    return {limit > 0 and take_over(keys[1], args[1], args[2], limit) or {},
        redis.call('ZRANGEBYSCORE', keys[2], '-inf', args[3],
            'LIMIT', more > 0 and time[2] % (more + 1) or 0, SWEEP_MAX)}
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

-- KEYS log; ARGV bodies. Returns how many were written.
local function log(keys, args)
    for i = 1, #args do
        redis.call('XADD', keys[1], '*', 'b', args[i])
    end
    return #args
end

-- Several calls in one, each for itself: KEYS and ARGV of all in order, before these ARGV 1: of each, an
-- octet each, its letter, how many keys and how many arguments it has. Returns what each returns, or its
-- error.
local COMMIT = 99 -- 'c'
local BY_LETTER = {[97] = commit_all, [115] = settle, [114] = receipt} -- 'a', 's', 'r'

local function error_of(thrown)
    return type(thrown) == 'table' and thrown or redis.error_reply(thrown)
end

local function each(keys, args)
    local call, byte, shape, reply, k, a = redis.call, string.byte, args[1], {}, 0, 1
    for i = 1, #shape / 3 do
        local letter, key_count, arg_count = byte(shape, 3 * i - 2, 3 * i)
        local is_done, result
        if letter == COMMIT then
            is_done, result = pcall(commit_record, call, keys[k + 1], args[a + 1], args[a + 2], args[a + 3])
        else
            is_done, result = pcall(BY_LETTER[letter], keys, args, k, a, a + arg_count)
        end
        reply[i] = is_done and result or error_of(result)
        k, a = k + key_count, a + arg_count
    end
    return reply
end

-- Whatever the functions do, with a key and as few words as Redis needs to find it.
local RIGHTS = {
    'DEL', 'EXISTS', 'GET', 'GETRANGE', 'HDEL', 'HGET', 'HINCRBY', 'HMGET', 'HSET', 'HSETNX', 'SADD', 'SET', 'SETEX',
    'SMEMBERS', 'SREM', 'TIME', 'XACK', 'XADD', 'XCLAIM', 'XDEL', 'XGROUP CREATE', 'XINFO STREAM', 'XPENDING', 'XRANGE',
    'ZADD', 'ZCOUNT', 'ZRANGE', 'ZRANGEBYSCORE', 'ZREM',
}

-- Returns what the user may not, '' = nothing: that would end a function in the middle, after its first write.
local function rights()
    local missing = {}
    for _, words in ipairs(RIGHTS) do
        local command, subcommand = string.match(words, '(%u+) ?(%u*)')
        local may
        if subcommand == '' then
            may = redis.acl_check_cmd(command, 'w:.rights')
        else
            may = redis.acl_check_cmd(command, subcommand, 'w:.rights')
        end
        if not may then
            missing[#missing + 1] = string.lower((string.gsub(words, ' ', '|')))
        end
    end
    return #missing > 0 and 'NOPERM the user has no right to ' .. table.concat(missing, ', ') or ''
end

local function alone(f)
    return function(keys, args)
        return f(keys, args, 0, 0, #args)
    end
end

redis.register_function('w_each', each)
redis.register_function('w_commit', commit)
redis.register_function('w_delete', delete)
redis.register_function('w_commit_all', alone(commit_all))
redis.register_function('w_settle', alone(settle))
redis.register_function('w_sweep', sweep)
redis.register_function('w_log', log)
redis.register_function('w_touch', touch)
redis.register_function('w_receipt', alone(receipt))
redis.register_function('w_lapse', lapse)
redis.register_function{function_name = 'w_messages', callback = messages, flags = {'no-writes'}}
redis.register_function{function_name = 'w_tally', callback = tell_tally, flags = {'no-writes'}}
redis.register_function{function_name = 'w_rights', callback = rights, flags = {'no-writes'}}
redis.register_function{function_name = 'w_list', callback = list, flags = {'no-writes'}}
