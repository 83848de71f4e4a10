// What whoever is called at night does to Redis, and what is said to him meanwhile.
'use strict';

const assert = require('node:assert/strict');
const { once } = require('node:events');
const fs = require('node:fs');
const net = require('node:net');
const path = require('node:path');
const test = require('node:test');

const { BUILD, Process, ROOT, delay, run, temporaryFolder, until } = require('./lib/process');
const { MERCHANT, register } = require('./lib/programme');
const { Redis } = require('./lib/redis');
const { withScene } = require('./lib/scene');
const { Gateway, MENU } = require('./lib/warungd');

const MSISDN = '6281200000091';

test('store.down says why Redis lets nobody in, each time that it is for another reason', async () => {
    await withScene('reasons', async ({ centre, gateway, redis }) => {
        const told = (reason) => gateway.process.sees(new RegExp(`event=store\\.down [^\\n]*reason="?${reason}`));
        await redis.command('CONFIG', 'SET', 'requirepass', 'another');
        await run('redis-cli', ['-s', redis.socket, '-a', 'another', 'CLIENT', 'KILL', 'TYPE', 'normal']);
        await told('Server closed the connection');
        await told('NOAUTH ');
        await run('redis-cli', ['-s', redis.socket, '-a', 'another', 'REPLICAOF', '127.0.0.1', '1']);
        await run('redis-cli', ['-s', redis.socket, '-a', 'another', 'CONFIG', 'SET', 'requirepass', '']);
        await told('it is not a master');
        await redis.command('REPLICAOF', 'NO', 'ONE');
        await until('the store', async () => (await gateway.get('/readyz')).status === 200);
        assert.equal(gateway.log.match(/event=store\.down /g).length, 3, gateway.log);
        await register(centre.phone(MSISDN));
    }, { settings: { log: { level: 'info' } } });
});

test('however long the words with which Redis lets nobody in, they are told once', async () => {
    const words = `DENIED Redis is running in protected mode${' and no password is set for the default user'.repeat(8)}`;
    const denies = net.createServer((c) => c.on('error', () => {}).end(`-${words}\r\n`)).listen(0, '127.0.0.1');
    await once(denies, 'listening');
    await withScene('denied', async ({ gateway }) => {
        gateway.settings.redis = { servers: [`127.0.0.1:${denies.address().port}`] };
        await gateway.writeConfiguration();
        gateway.launch();
        assert.equal(await gateway.process.ended, 3, gateway.log);
        assert.equal(gateway.log.match(/event=store\.down [^\n]*reason="DENIED Redis is running in protected mode /g)?.length, 1, gateway.log);
    }, { start: false, settings: { start_timeout_s: 2 } });
    denies.close();
});

test('warungctl says what a Redis says that hangs up at once, and is not killed by it', async () => {
    await withScene('hangs-up', async ({ gateway, redis }) => {
        await gateway.writeConfiguration();
        const other = net.connect(redis.socket);
        other.write('CONFIG SET maxclients 1\r\n');
        await once(other, 'data');
        for (const { code, output } of await Promise.all([1, 2, 3, 4].map(() => gateway.ctl('outbox')))) {
            assert.equal(code, 3, output);
            assert.match(output, /ERR max number of clients reached/);
        }
        other.end('CONFIG SET maxclients 1000\r\n');
        const cut = await run('bash', ['-c', '"$0" -c "$1" outbox | true; exit ${PIPESTATUS[0]}',
            path.join(BUILD, 'warungctl'), gateway.file]);
        assert.equal(cut.code, 128 + 13, cut.output); // SIGPIPE: nobody reads what it prints
        assert.equal(cut.output, '');
    }, { start: false, settings: { start_timeout_s: 1 } });
});

test('a store that has lost everything is told of, one that is begun is not taken for it', async () => {
    await withScene('emptied', async ({ centre, gateway, redis }) => {
        assert.equal(gateway.log.match(/level=warning event=store\.new /g).length, 1);
        await gateway.stop();
        await gateway.start();
        assert.doesNotMatch(gateway.log, /store\.new/);
        await centre.isBound();
        await register(centre.phone(MSISDN));
        assert.doesNotMatch(gateway.log, /store\.emptied/);
        await redis.command('FLUSHALL');
        await redis.command('CONFIG', 'SET', 'min-replicas-to-write', '1'); // as where a replica was promoted
        await redis.command('CLIENT', 'KILL', 'TYPE', 'normal');
        await gateway.process.sees(/event=store\.emptied/);
        await gateway.process.sees(/event=store\.rejected reply="NOREPLICAS/);
        await new Promise((resolve) => setTimeout(resolve, 1000)); // five tries to begin it anew
        await redis.command('CONFIG', 'SET', 'min-replicas-to-write', '0');
        await until('the store', async () => (await gateway.get('/readyz')).status === 200);
        assert.match((await gateway.get('/metrics')).text, /^warung_store_emptied_total 1$/m);
        assert.equal(gateway.log.match(/event=store\.emptied/g).length, 1);
        await until('the menu to be known again', async () => (await gateway.ctlJson('menu', 'versions')).length === 1);
        assert.doesNotMatch(gateway.log, /store\.new/); // no second, milder word for it
        // With the connections up, too, and each time.
        for (const times of [2, 3]) {
            await redis.command('FLUSHALL');
            await until('it to be noticed', () => gateway.log.match(/event=store\.emptied/g).length === times);
        }
        await register(centre.phone(MSISDN));
        assert.match((await gateway.get('/metrics')).text, /^warung_store_emptied_total 3$/m);
    });
});

test('two gateways of one name are told of, one that was killed is not', async () => {
    const shows = async (gateway) => Number((await gateway.get('/metrics')).text.match(/^warung_namesake (\d)$/m)[1]);
    await withScene('namesakes', async ({ folder, gateway, redis }) => {
        fs.mkdirSync(`${folder}/b`);
        const other = new Gateway(`${folder}/b`, redis, { ...gateway.settings, admin: undefined });
        try {
            await other.start();
            await other.kill();
            await other.start();
            await other.process.sees(/level=error event=gateway\.namesake instance=e2e /);
            assert.equal(await shows(other), 1);
            assert.equal(await other.stop(), 0);
            await gateway.process.sees(/event=gateway\.namesake /);
            await gateway.process.sees(/event=gateway\.namesake_gone instance=e2e/);
            assert.equal(await shows(gateway), 0);
            await gateway.kill();
            await gateway.start();
            await new Promise((resolve) => setTimeout(resolve, 12000));
            assert.doesNotMatch(gateway.log, /event=gateway\.namesake/);
        } finally {
            await other.stop();
        }
    });
});

test('warungctl says what Redis says when it takes nothing', async () => {
    await withScene('takes-nothing', async ({ centre, gateway, redis }) => {
        const regno = await register(centre.phone(MSISDN));
        await redis.command('CONFIG', 'SET', 'maxmemory', '1mb');
        for (const words of [['merchants', 'review', regno], ['merchants', 'list']]) {
            const { code, output } = await gateway.ctl(...words);
            assert.equal(code, 3, output);
            assert.match(output, /^warungctl: Redis takes nothing: OOM /);
            assert.equal(output.trim().split('\n').length, 2, output);
        }
        for (const words of [['trace', '--for', '1s'], ['pcap', '--for', '1s', '-']]) {
            const { code, output } = await gateway.ctl(...words);
            assert.equal(code, 3, output);
            assert.match(output, /^warungctl: it cannot be written into the journal: nothing is shown$/m);
        }
        await redis.command('CONFIG', 'SET', 'maxmemory', '0');
        assert.equal((await gateway.ctl('merchants', 'review', regno)).code, 0);
    });
});

const manual = fs.readFileSync(path.join(ROOT, 'docs/operations.md'), 'utf8');

test('no command of the manuals goes to whichever Redis listens at port 6379', () => {
    for (const file of fs.readdirSync(path.join(ROOT, 'docs')).filter((name) => name.endsWith('.md'))) {
        const text = fs.readFileSync(path.join(ROOT, 'docs', file), 'utf8').replace(/\s+/g, ' ');
        assert.deepEqual(text.match(/redis-cli [A-Z][A-Z ]+/g), null, file);
    }
});

const block = (name) => manual.match(new RegExp(`^<!-- ${name} -->\n\`\`\`\n(.*?)^\`\`\``, 'ms'))[1];

const functions = fs.readFileSync(path.join(ROOT, 'sessions/functions.lua'), 'utf8');

test('the rights of the manual, and those that are asked for, are those that the functions need', () => {
    const asked = functions.match(/^local RIGHTS = \{(.*?)^\}/ms)[1];
    const rights = new Set(block('redis user').split(/\s\+?/));
    for (const [, name, next] of functions.matchAll(/\bp?call\('([A-Z]+)'(?:, '([A-Z]+)')?/g)) {
            assert.ok(rights.has(name.toLowerCase()) || rights.has(`${name}|${next}`.toLowerCase()), name);
        assert.ok(asked.includes(`'${name}'`) || asked.includes(`'${name} ${next}'`), name);
    }
});

test('a Redis user with the rights of the manual does for everything', async () => {
    await withScene('redis-user', async ({ centre, gateway, redis }) => {
        const [, ...rules] = block('redis user').trim().split(' ');
        assert.equal((await redis.command('ACL', 'SETUSER', ...rules)).trim(), 'OK');
        Object.assign(gateway.settings.redis, { username: 'warung', password: 'PASSWORD' });
        await gateway.writeConfiguration();
        const ctl = async (...words) => {
            const { code, output } = await gateway.ctl(...words);
            assert.equal(code, 0, `${words.join(' ')}: ${output}`);
        };
        await ctl('keys', 'init');
        await gateway.start();
        await centre.isBound();
        const regno = await register(centre.phone(MSISDN));
        await centre.smsFor(MSISDN);
        await ctl('merchants', 'review', regno);
        await ctl('merchants', 'fix', regno, '--reason', 'P01');
        await ctl('merchants', 'freeze', regno);
        await ctl('merchants', 'release', regno);
        await ctl('merchants', 'list');
        await ctl('merchants', 'show', MSISDN, '--reveal');
        await ctl('merchants', 'export', '--csv');
        await ctl('trainings', 'add', '2030-12-28T09:00', 'Foto produk', 'Balai', '--seats', '3');
        await ctl('trainings', 'cancel', 'L1');
        await ctl('tickets', 'list');
        await ctl('sessions', 'show', MSISDN);
        await ctl('push', MSISDN, '--menu', 'terususaha', '--screen', 'MAIN');
        await ctl('breach', '2026-11-01', 'all');
        await ctl('outbox', MSISDN);
        await ctl('keys', 'rotate');
        await ctl('reload');
        await ctl('keys', 'status');
        await ctl('keys', 'seal');
        await ctl('menu', 'versions');
        await ctl('export', MSISDN);
        await ctl('journal', MSISDN);
        await ctl('erase', MSISDN);
        await ctl('outbox');
        assert.equal((await redis.command('ACL', 'LOG')).trim(), '');
        assert.doesNotMatch(gateway.log, /NOPERM/);
        await redis.command('ACL', 'SETUSER', 'warung', '-fcall');
        const { output } = await gateway.ctl('merchants', 'list');
        assert.match(output, /^warungctl: Redis takes nothing: NOPERM .*fcall/);
        await redis.command('ACL', 'SETUSER', 'warung', '+fcall', '-xadd');
        const refused = await gateway.ctl('merchants', 'list');
        assert.equal(refused.code, 3, refused.output);
        assert.match(refused.output, /^warungctl: Redis cannot be used: .*: NOPERM the user has no right to xadd$/m);
        // Another release's library, which does not tell; the list's entry in the journal is written by a function.
        await redis.command('FUNCTION', 'LOAD', 'REPLACE', functions.replace(/^(local LIBRARY_VERSION =) \d+$/m, '$1 999')
            .replace(/^.*'w_rights'.*$/m, ''));
        const listed = await gateway.ctl('merchants', 'list');
        assert.equal(listed.code, 3, listed.output);
        assert.match(listed.output, /^warungctl: Redis takes nothing: ERR The user executing the script can't run /);
    }, { start: false });
});

// With one bucket both registrations would have its next number.
test('after the restore of a backup no registration number is given twice', async () => {
    await withScene('restore', async ({ centre, gateway, redis, folder }) => {
        const [, skip] = block('restore').match(/^ +systemctl start warung-redis &&\n(.*?) &&\n +systemctl start warungd$/ms);
        gateway.settings.redis.buckets = 1;
        await gateway.start();
        await centre.isBound();
        const first = await register(centre.phone(MSISDN));
        fs.cpSync(path.join(redis.folder, 'appendonlydir'), path.join(folder, 'copy'), { recursive: true });
        const lost = await register(centre.phone('6281200000092'));
        await gateway.stop();
        await redis.stop();
        fs.rmSync(path.join(redis.folder, 'appendonlydir'), { recursive: true });
        fs.renameSync(path.join(folder, 'copy'), path.join(redis.folder, 'appendonlydir'));
        await redis.start();
        const typed = skip.replace('/run/warung/redis.sock', redis.socket);
        const { code, output } = await run('bash', ['-c', typed]);
        assert.equal(code, 0, output);
        await gateway.start();
        await centre.isBound();
        assert.deepEqual((await gateway.ctlJson('merchants', 'list')).map((m) => m.regno), [first]);
        assert.notEqual(await register(centre.phone('6281200000093')), lost);
        assert.equal(first.slice(0, 4), MERCHANT.regency);
    }, { start: false });
});

test('the restore unpacks what the backup packs, and starts nothing on any other archive', async () => {
    const folder = temporaryFolder('unpack');
    const archive = path.join(folder, 'copy.tar.gz');
    const typed = (name) =>
        block(name).match(/^ *tar [^|&]*/m)[0].trim().replace(/\.\.\/copy|\/var\/lib\/warung\/redis/, folder)
            .replace('/root/warung-backup.tar.gz', archive);
    const tar = async (command) => (await run('bash', ['-c', command])).code;
    fs.mkdirSync(path.join(folder, 'redis/appendonlydir'), { recursive: true });
    assert.equal(await tar(`tar -C ${folder} -czf ${archive} redis`), 0); // of the folder above
    assert.notEqual(await tar(typed('restore')), 0);
    fs.mkdirSync(path.join(folder, 'appendonlydir'));
    assert.equal(await tar(typed('backup')), 0);
    fs.renameSync(`${archive}.new`, archive);
    fs.rmdirSync(path.join(folder, 'appendonlydir'));
    assert.equal(await tar(typed('restore')), 0);
    assert.ok(fs.existsSync(path.join(folder, 'appendonlydir')));
    fs.rmSync(folder, { recursive: true });
});

// What `warungd -n` says of a configuration with these centres.
async function check(smsc) {
    const folder = temporaryFolder('check');
    const file = path.join(folder, 'w.cfg');
    fs.writeFileSync(file, `redis = { servers = [ "unix:/r" ]; };\nsmsc = (${smsc});\n` +
        `menus = ( { file = "${MENU}"; codes = [ "*384#" ]; } );\n`);
    const { code, output } = await run(path.join(BUILD, 'warungd'), ['-n', '-c', file]);
    fs.rmSync(folder, { recursive: true });
    return { code, lines: output.replaceAll(file, 'w.cfg').trimEnd().split('\n') };
}

test('two entries for one account at one host are hardly two centres', async () => {
    const two = (first, second) =>
        check(`{ name = "a"; host = "h"; ${first} },\n { name = "b"; host = "h"; ${second} }`);
    assert.deepEqual(await two('bind = "transmitter";', 'port = 2776; bind = "receiver";'), {
        code: 0, lines: ['w.cfg:3: warning: smsc "a" and "b" are one account at one host, and two centres: what one ' +
            'sends and the other hears of is not known there; give both the same centre',
        'w.cfg:3: warning: smsc "b" only receives: who dials through it gets no screen, whatever other entries can send; ' +
            '"pair" binds a transmitter, too'],
    });
    for (const [first, second] of [['centre = "b";', ''], ['centre = "c";', 'centre = "c";'], ['system_id = "x";', '']])
        assert.deepEqual(await two(first, second), { code: 0, lines: [''] });
});

test('a key without its certificate is a fault', async () => {
    const { code, lines } = await check('{ name = "a"; tls = { key = "/k.pem"; }; }');
    assert.equal(code, 1);
    assert.deepEqual(lines, ['w.cfg:2: no certificate (cert) for the key /k.pem']);
});

test('a fault is one line, whatever it cites', async () => {
    const { code, lines } = await check('{ name = "a"; dialect = "x\\ny\\x1b[2J"; }');
    assert.equal(code, 1);
    assert.equal(lines.length, 1, lines.join('\n'));
    assert.match(lines[0], /^w\.cfg:2: .*x\\x0ay\\x1b\[2J/);
});

test('--seen takes a time, and a decision on what was seen', async () => {
    await withScene('seen', async ({ centre, gateway }) => {
        const regno = await register(centre.phone(MSISDN));
        for (const seen of ['yesterday', '2026-11-28', '2026-02-30T10:00:00Z', '2026-11-28T02:00:00Zz', '']) {
            const { code, output } = await gateway.ctl('merchants', 'review', regno, '--seen', seen);
            assert.equal(code, 2, output);
            assert.match(output, /is no time such as 2026-11-28T02:00:00Z/);
        }
        const { changed_at } = await gateway.ctlJson('merchants', 'show', regno);
        const other = await gateway.ctl('merchants', 'review', regno, '--seen', '2020-11-28T02:00:00Z');
        assert.equal(other.code, 1);
        assert.match(other.output, /it has changed since/);
        assert.equal((await gateway.ctl('merchants', 'review', regno, '--seen', changed_at)).code, 0);
    });
});

test('users add: who could not be shown the token is not added', async () => {
    await withScene('unshown', async ({ gateway, folder }) => {
        const typed = `exec "$0" -c "${gateway.file}" users add bob --role viewer "$@" >/dev/full`;
        const add = (...more) => run('sh', ['-c', typed, path.join(BUILD, 'warungctl'), ...more]);
        for (const more of [[], ['--json']]) {
            const { code, output } = await add(...more);
            assert.equal(code, 1, output);
            assert.match(output, /cannot write the token: No space left on device; bob was not added/);
        }
        assert.equal(fs.existsSync(path.join(folder, 'users')), false);
        assert.match((await gateway.ctl('users', 'add', 'bob', '--role', 'viewer')).stdout, /^[0-9a-f]{64}\n$/);
    });
});

test('backups under load, while Redis rewrites its file: each copy is good, and leaves nothing behind', async () => {
    await withScene('backup', async ({ folder, redis }) => {
        const write = (count, ...more) => new Process('redis-benchmark', ['-s', redis.socket, '-q', '-t', 'set',
            '-r', '10000', '-d', '2000', '-n', String(count), ...more]);
        const settings = () => redis.command('CONFIG', 'GET', '*');
        await write(10000, '-P', '16').ended;
        const before = await settings();
        const load = write(10000000, '-c', '4');
        const archive = path.join(folder, 'warung-backup.tar.gz');
        const commands = block('backup').replaceAll('/var/lib/warung/redis', redis.folder)
            .replaceAll('/root/warung-backup.tar.gz', archive);
        const backup = (typed = commands) => run('bash', ['-c', typed]);
        const copy = new Redis(path.join(folder, 'restored'));
        const size = async () => Number((await redis.command('DBSIZE')).match(/\d+/)[0]);
        const least = await size();
        for (let round = 0; round < 6; round++) {
            await redis.command('BGREWRITEAOF'); // or one runs
            await delay(50 * round); // at its beginning, in its middle, at its end
            const { code, output } = await backup();
            if (code !== 0) {
                assert.match(output, /^ln: failed to access .*: No such file/); // at the very moment
                continue;
            }
            const unpacked = await run('tar', ['-C', copy.folder, '-xzf', archive, 'appendonlydir']);
            assert.equal(unpacked.code, 0, unpacked.output);
            await copy.start();
            assert.ok(Number((await copy.command('DBSIZE')).match(/\d+/)[0]) >= least);
            await copy.stop();
            fs.rmSync(path.join(copy.folder, 'appendonlydir'), { recursive: true });
        }
        await backup(commands.replace('tar ', 'kill -KILL $$; tar ')); // midway: Redis is as it was
        assert.equal(await settings(), before);
        const first = backup(commands.replace('tar ', 'sleep 1; tar '));
        await until('its links', () => fs.existsSync(path.join(redis.folder, 'copy/appendonlydir/appendonly.aof.manifest')));
        assert.equal((await backup()).code, 1); // another one leaves it its links
        const { code, output } = await first;
        await load.end('SIGKILL');
        assert.equal(code, 0, output);
        const full = await backup(commands.replace(/-czf \S+/, '-czf /dev/full'));
        assert.equal(full.code, 1, full.output);
        const cut = await backup(`ulimit -f 64\n${commands}`); // KiB: the disk of the archive is full
        assert.equal(cut.code, 1, cut.output);
        const kept = await run('gzip', ['-t', archive]);
        assert.equal(kept.code, 0, kept.output); // the one of before
        assert.equal(fs.existsSync(`${archive}.new`), false); // or the disk stays full
        assert.deepEqual(fs.readdirSync(redis.folder), ['appendonlydir']);
        fs.rmSync(archive);
        const file = fs.readdirSync(path.join(redis.folder, 'appendonlydir')).find((name) => name.endsWith('incr.aof'));
        await redis.stop();
        fs.rmSync(path.join(redis.folder, 'appendonlydir', file)); // what is not whole is not taken for a copy
        const torn = await backup();
        assert.equal(torn.code, 1, torn.output);
        assert.equal(fs.existsSync(archive), false);
    }, { start: false });
});
