// conf/monitoring: rules and dashboard name metrics that there are, and each alert is explained.
'use strict';

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const test = require('node:test');

const { openMainMenu } = require('./lib/programme');
const { withScene } = require('./lib/scene');
const { BUILD, Process, freePort, preload, run, temporaryFolder, until } = require('./lib/process');

const ROOT = path.join(__dirname, '..', '..');
const RULES = path.join(ROOT, 'conf/monitoring/warung.rules.yml');
const read = (file) => fs.readFileSync(path.join(ROOT, file), 'utf8');

test('promtool takes the rules, and they ring when they should', async () => {
    for (const command of [['check', 'rules', RULES], ['test', 'rules', path.join(ROOT, 'tests/monitoring/rules.yml')]]) {
        const checked = await run('promtool', command);
        assert.equal(checked.code, 0, checked.output);
    }
});

const queries = () => JSON.parse(read('conf/monitoring/warung-dashboard.json')).panels
    .flatMap((panel) => (panel.targets ?? []).map((target) => target.expr));

test('promtool takes the queries of the dashboard', async () => {
    const file = path.join(temporaryFolder('dashboard'), 'queries.json');
    const rules = queries().map((expr, i) => ({ record: `query:${i}`, expr }));
    fs.writeFileSync(file, JSON.stringify({ groups: [{ name: 'dashboard', rules }] }));
    const checked = await run('promtool', ['check', 'rules', file]);
    fs.rmSync(path.dirname(file), { recursive: true });
    assert.equal(checked.code, 0, checked.output);
});

test('each alert is seen ringing, and seen quiet', () => {
    const rules = read('tests/monitoring/rules.yml');
    const named = (pattern) => new Set([...rules.matchAll(pattern)].map((m) => m[1]));
    const rung = named(/alertname: (\w+)\n\s+exp_alerts:\n/g);
    const quiet = named(/alertname: (\w+), exp_alerts: \[\]\}/g);
    const alerts = [...read('conf/monitoring/warung.rules.yml').matchAll(/- alert: (\w+)/g)].map((m) => m[1]);
    assert.deepEqual(alerts.filter((alert) => !rung.has(alert)), []);
    assert.deepEqual(alerts.filter((alert) => !quiet.has(alert)), []);
});

test('each alert has its paragraph in operations.md, and each paragraph its alert', () => {
    const alerts = [...read('conf/monitoring/warung.rules.yml').matchAll(/- alert: (\w+)/g)].map((m) => m[1]);
    const explained = [...read('docs/operations.md').matchAll(/^\| `(Warung\w+)` \|/gm)].map((m) => m[1]);
    assert.deepEqual(explained.sort(), alerts.sort());
});

// Neither drawn nor in an alert, on purpose: totals, times and settings for a query of one's own.
const UNDRAWN = `build_info config_loaded_time_seconds config_reloads_total
    cdr_failing cdr_files_total cdr_records_total cdr_written_bytes_total
    lease_token link_enquire_link_seconds link_messages_total link_oldest_in_flight_seconds link_rate_per_second
    link_received_bytes_total link_sent_bytes_total link_submits_total
    menu_screens_uncounted_total menu_versions partner_accepted_total partner_binds_total
    sms_parts_dropped_total sms_parts_total store_connects_total store_refusals_total store_requests_total
    turn_answers_unread_total turn_screens_withdrawn_total turn_settles_total`.split(/\s+/).map((name) => `warung_${name}`);

const asked = (text) => new Set(text.match(/\bwarung_\w+/g).map((name) => name.replace(/_bucket$/, '')));
const missing = (names, from) => [...names].filter((name) => !from.has(name)).sort();

test('rules and dashboard ask for metrics that the gateway has, and the dashboard draws all but a few', async () => {
    const drawn = asked(queries().join(' '));
    const rung = asked(read('conf/monitoring/warung.rules.yml'));
    assert.ok(rung.size > 30);
    assert.deepEqual(missing(rung, drawn), [], 'rings and is not drawn');
    await withScene('monitoring', async ({ folder, centre, gateway }) => {
        gateway.settings.cdr = { directory: folder };
        await gateway.writeConfiguration();
        assert.equal((await gateway.ctl('cdr', 'init')).code, 0);
        await gateway.start();
        await centre.isBound();
        await openMainMenu(centre.phone('6281200000061'));
        const { text } = await gateway.get('/metrics');
        const there = new Set([...text.matchAll(/^# TYPE (\w+)/gm)].map((m) => m[1]));
        assert.deepEqual(missing(drawn, there), []);
        assert.deepEqual(missing(there, drawn), UNDRAWN.sort());
        // Prometheus takes what a series begins with for nothing new: it must begin before anything has happened.
        const watched = [...read('conf/monitoring/warung.rules.yml').matchAll(/(\w+)\{role="(\w+)", reason=~"([^"]+)"\}/g)]
            .flatMap(([, name, role, reasons]) => reasons.split('|').map((reason) => `${name}{role="${role}",reason="${reason}"} 0`));
        assert.equal(watched.length, 6);
        assert.deepEqual(watched.filter((line) => !text.split('\n').includes(line)), []);
    }, { start: false, settings: { partners: { listen: ['127.0.0.1:0'], accounts: [{ system_id: 'agg1', password: 'secret' }] } } });
});

test('a partner may have any system_id', async () => {
    const port = await freePort();
    const systemId = 'a"b\\\n';
    await withScene('labels', async ({ gateway }) => {
        const words = ['mirror', '--connect', `127.0.0.1:${port}`, '--system-id', systemId, '--password', 'secret'];
        const partner = new Process(path.join(BUILD, 'warung-smsc'), words);
        try {
            const { text } = await until('its bind', async () => {
                const metrics = await gateway.get('/metrics');
                return metrics.text.includes('link="a') && metrics;
            });
            assert.match(text, /^warung_link_queued\{peer="a\\"b\\\\\\n",link="a\\"b\\\\\\n:1"\} 0$/m);
            const checked = await run('promtool', ['check', 'metrics'], { input: text });
            assert.equal(checked.code, 0, checked.output);
        } finally {
            await partner.end();
        }
    }, { settings: { partners: { listen: [`127.0.0.1:${port}`], accounts: [{ system_id: systemId, password: 'secret' }] } } });
});

test('warung_ready says what /readyz says', async () => {
    await withScene('ready', async ({ centre, gateway, redis }) => {
        const says = async () => [(await gateway.get('/readyz')).status,
            Number((await gateway.get('/metrics')).text.match(/^warung_ready (\d)/m)[1])].join();
        await centre.isBound();
        await until('ready', async () => (await says()) === '200,1');
        redis.process.child.kill('SIGSTOP');
        await until('no store', async () => (await says()) === '503,0');
        redis.process.child.kill('SIGCONT');
        await until('ready again', async () => (await says()) === '200,1');
    });
});

test('a Redis that would throw records away is told by log', async () => {
    await withScene('evicts', async ({ gateway, redis }) => {
        assert.doesNotMatch(gateway.process.output, /store\.evicts/);
        await redis.command('CONFIG', 'SET', 'maxmemory', '1gb');
        await redis.command('CONFIG', 'SET', 'maxmemory-policy', 'volatile-ttl');
        await redis.command('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
        await gateway.process.sees(/level=warning event=store\.evicts .*maxmemory=1073741824 maxmemory_policy=volatile-ttl/);
    });
});

test('a gateway whose clock is not that of Redis says so', async () => {
    await withScene('clock', async ({ folder, gateway }) => {
        const ahead = Buffer.alloc(8);
        ahead.writeBigInt64LE(3600n * 1000000n);
        fs.writeFileSync(path.join(folder, 'ahead'), ahead);
        await gateway.start();
        assert.doesNotMatch(gateway.process.output, /store\.clock_differs/);
        await gateway.stop();
        const env = {
            CLOCK_AHEAD: path.join(folder, 'ahead'), LD_PRELOAD: preload('clock.so'),
            ASAN_OPTIONS: `${process.env.ASAN_OPTIONS ?? ''}:verify_asan_link_order=0`,
        };
        gateway.launch(env);
        await gateway.process.sees(/level=warning event=store\.clock_differs .*ahead_ms=3[56]\d{5}\b/);
        await gateway.process.sees(/event=gateway\.ready/);
        const step = (seconds) => {
            ahead.writeBigInt64LE(BigInt(seconds) * 1000000n);
            const fd = fs.openSync(path.join(folder, 'ahead'), 'r+'); // in place: it is mapped
            fs.writeSync(fd, ahead, 0, 8, 0);
            fs.closeSync(fd);
        };
        const said = async (env) => {
            const list = await run(path.join(BUILD, 'warungctl'), ['-c', gateway.file, 'merchants', 'list'], { env });
            assert.equal(list.code, 0, list.output);
            return list.output;
        };
        assert.doesNotMatch(await said(), /clock/);
        assert.match(await said(env), /^warungctl: this machine's clock is 3[56]\d\d seconds ahead of Redis's: /m);
        step(-400000);
        assert.match(await said(env), /^warungctl: this machine's clock is (39999\d|400000) seconds behind Redis's: /m);
        step(3 * 365 * 86400);
        await gateway.process.sees(/level=error event=clock\.ahead by_s=946\d{5}\b/);
        assert.match((await gateway.get('/metrics')).text, /^warung_clock_ahead_seconds 946\d{5}$/m);
        step(0);
        await gateway.process.sees(/level=warning event=clock\.stepped by_ms=-(3[56]\d{5}|946\d{8})\b/);
        await gateway.process.sees(/level=info event=clock\.agrees/);
        assert.match((await gateway.get('/metrics')).text, /^warung_clock_ahead_seconds 0$/m);
    }, { start: false });
});

test('a full Redis is told by log, metric and busy screens, and is over by itself', async () => {
    await withScene('full', async ({ centre, gateway, redis }) => {
        const phone = centre.phone('6281200000062');
        await openMainMenu(phone);
        const rejected = async () => Number((await gateway.get('/metrics')).text.match(/^warung_store_rejected_total (\d+)/m)[1]);
        assert.equal(await rejected(), 0);
        await redis.command('CONFIG', 'SET', 'maxmemory', '1');
        await phone.dial();
        await gateway.process.sees(/level=warning event=store\.rejected reply="OOM/);
        await until('many rejections', async () => await rejected() > 30); // each bucket is swept
        assert.equal(gateway.log.match(/event=store\.rejected /g).length, 1, 'and the log keeps small');
        await redis.command('CONFIG', 'SET', 'maxmemory', '0');
        await openMainMenu(phone);
    });
});
