// A private Redis on a Unix socket, as durable as conf/redis.conf ships it.
'use strict';

const fs = require('node:fs');
const path = require('node:path');

const { Process, ROOT, run, until } = require('./process');

// A value of a type that is not here fails the script: whoever stores one adds it. What is no text comes
// in hexadecimal, too: there packed digits (merchants/pack.h) read as they were typed.
const DUMP = `
    local function add(all, value)
        if type(value) == 'table' then
            for _, part in ipairs(value) do add(all, part) end
            return
        end
        all[#all + 1] = value
        if string.find(value, '[^ -~]') then
            all[#all + 1] = string.gsub(value, '.', function(c) return string.format('%02x', string.byte(c)) end)
        end
    end
    local read = {
        string = {'GET'}, hash = {'HGETALL'}, list = {'LRANGE', 0, -1}, set = {'SMEMBERS'},
        zset = {'ZRANGE', 0, -1, 'WITHSCORES'}, stream = {'XRANGE', '-', '+'},
    }
    local all = {}
    for _, key in ipairs(redis.call('KEYS', '*')) do
        local words = read[redis.call('TYPE', key).ok]
        all[#all + 1] = key
        add(all, redis.call(words[1], key, unpack(words, 2)))
    end
    return all`;

class Redis {
    constructor(folder, settings = []) {
        this.folder = path.join(folder, 'redis');
        this.socket = path.join(folder, 'redis.sock');
        this.settings = settings;
        fs.mkdirSync(this.folder, { recursive: true });
    }

    get server() {
        return `unix:${this.socket}`;
    }

    async start() {
        fs.rmSync(this.socket, { force: true });
        this.process = new Process('redis-server', [
            path.join(ROOT, 'conf/redis.conf'), '--port', '0', '--unixsocket', this.socket,
            '--dir', this.folder, '--logfile', '', ...this.settings,
        ]);
        await this.process.sees(/ready to accept connections/i);
        await until('PONG', async () => (await this.command('PING')).trim() === 'PONG');
        return this;
    }

    // What redis-cli prints for a command.
    async command(...words) {
        return (await run('redis-cli', ['-s', this.socket, ...words])).stdout;
    }

    // Everything that it holds, of every type, as one text; keys are on lines of their own.
    async dump() {
        return this.command('EVAL', DUMP, '0');
    }

    async kill() {
        await this.process.end('SIGKILL');
    }

    async stop() {
        if (this.process)
            await this.process.end('SIGTERM');
    }

    // Every octet on its disk: append-only files and snapshots.
    octets() {
        return Buffer.concat(fs.readdirSync(this.folder, { recursive: true, withFileTypes: true })
            .filter((entry) => entry.isFile())
            .map((entry) => fs.readFileSync(path.join(entry.parentPath ?? entry.path, entry.name))));
    }
}

module.exports = { Redis };
