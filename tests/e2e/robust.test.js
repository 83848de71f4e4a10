// The process in bad company: signals at the wrong moment and in floods, no descriptors left, clients of
// the admin port that dawdle, lie or never end.
'use strict';

const assert = require('node:assert/strict');
const fs = require('node:fs');
const net = require('node:net');
const test = require('node:test');

const { Clock, DAY_MS, HOUR_MS } = require('./lib/clock');
const { openMainMenu } = require('./lib/programme');
const { Process, delay, until } = require('./lib/process');
const { withScene } = require('./lib/scene');

const MSISDN = '6281200000498';
const phoneOf = (centre, n) => centre.phone(`62812000004${String(n).padStart(2, '0')}`);

test('SIGTERM while it starts ends it at once, with 0', async () => {
    await withScene('term-at-start', async ({ gateway, redis }) => {
        await redis.stop(); // so that the start takes its time
        await gateway.writeConfiguration();
        gateway.launch();
        await gateway.process.sees(/event=/);
        assert.equal(await gateway.process.end('SIGTERM'), 0);
        await redis.start();
    }, { start: false });
});

test('replies of Redis that nobody asked for, or that make no sense, end the connection, not the gateway', async () => {
    await withScene('odd-redis', async ({ centre, gateway, redis, folder }) => {
        // Between the gateway and Redis: at times it says more than Redis does.
        const odd = ['+OK\r\n', '$-1\r\n', ':1\r\n', '*0\r\n', '*1\r\n$1\r\nx\r\n', '-ERR x\r\n', '%1\r\n', '*-2\r\n'];
        let said = 0, isOdd = false;
        const between = net.createServer((client) => {
            const server = net.connect(redis.socket);
            client.pipe(server);
            server.on('data', (octets) => {
                client.write(octets);
                if (isOdd && said < 2 * odd.length) {
                    isOdd = false;
                    client.write(odd[said++ % odd.length]);
                }
            });
            for (const [one, other] of [[client, server], [server, client]])
                one.on('error', () => {}).on('close', () => other.destroy());
        });
        await new Promise((resolve) => between.listen(`${folder}/odd.sock`, resolve));
        try {
            gateway.settings.redis.servers = [`unix:${folder}/odd.sock`];
            await gateway.start();
            await centre.isBound();
            for (let before = 0; before < 2 * odd.length; before++) {
                isOdd = true;
                const dialled = centre.phone(MSISDN).dial('*384#').catch(() => null);
                await until('an odd reply', () => said > before);
                await dialled;
                await until('the store again', async () => (await gateway.get('/readyz')).status === 200);
            }
            assert.match(gateway.log, /reason="a reply that nobody asked for"/);
            await until('a dialogue as ever', () => openMainMenu(centre.phone(MSISDN)).then(() => true, () => false));
        } finally {
            between.close();
        }
    }, { start: false });
});

test('a hundred reloads under load, some of a broken file', async () => {
    await withScene('reload-storm', async ({ centre, gateway }) => {
        const good = fs.readFileSync(gateway.file, 'utf8');
        let isOver = false;
        const dialling = Promise.all([1, 2, 3].map(async (n) => {
            const phone = phoneOf(centre, n);
            let dialled = 0;
            for (; !isOver; dialled++)
                await openMainMenu(phone);
            return dialled;
        }));
        for (let n = 0; n < 100; n++) {
            fs.writeFileSync(gateway.file, n % 10 === 5 ? `${good}\nnonsense = (` : good);
            gateway.process.child.kill('SIGHUP');
            await delay(n % 10 === 5 ? 100 : 5);
        }
        isOver = true;
        for (const dialled of await dialling)
            assert.ok(dialled > 0);
        fs.writeFileSync(gateway.file, good);
        const reloads = async () => Number((await gateway.get('/metrics')).text.match(/^warung_config_reloads_total (\d+)/m)[1]);
        const before = await reloads();
        gateway.process.child.kill('SIGHUP');
        await until('the last reload', async () => await reloads() > before);
        assert.match(gateway.log, /event=config\.fault/);
        assert.equal(centre.binds.length, 1, 'the bind has stayed');
    });
});

test('hardly a descriptor left, and none: a reload is done, dialogues go on, others are let in again later', async () => {
    await withScene('descriptors', async ({ centre, gateway }) => {
        const pid = gateway.process.child.pid;
        const open = fs.readdirSync(`/proc/${pid}/fd`).length;
        const leave = (count) => new Process('prlimit', ['--pid', `${pid}`, `--nofile=${open + count}:`]).ended;
        assert.equal(await leave(1), 0);
        gateway.process.child.kill('SIGHUP');
        await gateway.process.sees(/event=gateway\.reloaded/);
        assert.equal(await leave(3), 0);
        const callers = Array.from({ length: 12 }, () => net.connect(gateway.port, '127.0.0.1').on('error', () => {}));
        await delay(300);
        for (let n = 0; n < 3; n++)
            await openMainMenu(phoneOf(centre, n));
        for (const caller of callers)
            caller.destroy();
        await until('an answer', async () => (await gateway.get('/healthz').catch(() => ({}))).status === 200);
    });
});

test('the admin port: dawdlers, giants and liars get nothing, and dialogues do not notice', async () => {
    await withScene('admin-abuse', async ({ centre, gateway, folder }) => {
        const { token } = JSON.parse((await gateway.ctl('users', 'add', 'sri', '--role', 'admin', '--json')).stdout);
        assert.equal((await gateway.ctl('reload')).code, 0);
        const at = (where) => `http://127.0.0.1:${gateway.port}${where}`;
        const dawdlers = Array.from({ length: 20 }, () => {
            const socket = net.connect(gateway.port, '127.0.0.1').on('error', () => {});
            socket.write('GET /metrics HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: ');
            return socket;
        });
        await openMainMenu(phoneOf(centre, 1));
        assert.equal((await gateway.get('/healthz')).status, 200);
        const big = await fetch(at('/api/v1/reload'), { method: 'POST', body: Buffer.alloc(20 << 20), headers: { authorization: `Bearer ${token}` } })
            .then((r) => r.status, () => 'cut');
        assert.ok([400, 413, 'cut'].includes(big), `a body of 20 MiB: ${big}`);
        for (const where of ['/../../../../etc/passwd', '/%2e%2e/%2e%2e/etc/passwd', `/api/v1/${encodeURIComponent('../../')}warung.cfg`, `/${folder}/warung.cfg`]) {
            const socket = net.connect(gateway.port, '127.0.0.1');
            let said = '';
            socket.on('data', (data) => (said += data)).on('error', () => {});
            socket.write(`GET ${where} HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n`);
            await until('an answer', () => said !== '' || socket.destroyed);
            socket.destroy();
            assert.match(said, /^HTTP\/1\.[01] 40[0-9]/, where);
            assert.doesNotMatch(said, /root:|smsc/);
        }
        const { status: asked } = await fetch(at('/api/v1/reload'), { method: 'POST', body: '{}',
            headers: { authorization: `Bearer ${token}`, origin: 'https://elsewhere.example' } });
        assert.equal(asked, 403, 'a page of another site');
        for (const headers of [{}, { authorization: 'Bearer wrong' }, { cookie: `token=${token}` },
            { authorization: `Basic ${Buffer.from('sri:wrong').toString('base64')}` }]) {
            const { status } = await fetch(at('/api/v1/reload'), { method: 'POST', headers, body: '{}' });
            assert.equal(status, 401, JSON.stringify(Object.keys(headers)));
        }
        for (const socket of dawdlers)
            socket.destroy();
        await openMainMenu(phoneOf(centre, 2));
    });
});

test('the clock steps back and forth: a dialogue goes on, SMS leave', async () => {
    const clock = new Clock();
    try {
        await withScene('clock-step', async ({ centre }) => {
            let n = 10;
            for (const ms of [HOUR_MS, -3 * HOUR_MS, DAY_MS, -DAY_MS]) {
                const phone = phoneOf(centre, n++);
                await openMainMenu(phone);
                clock.step(ms);
                assert.match((await phone.answer('5')).text, /./);
                await openMainMenu(phone);
                assert.equal(await centre.text(phone.msisdn, 'BANTUAN'), 0);
                await centre.smsFor(phone.msisdn);
            }
        });
    } finally {
        clock.end();
    }
});
