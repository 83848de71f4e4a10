// 10,000 connections of rubbish, partners with an account who misuse it, and hostile centres: honest
// ones beside them, in both roles, notice nothing. Their p99 is measured in turns of equal length, quiet
// and under attack; it at most doubles.
'use strict';

const assert = require('node:assert/strict');
const path = require('node:path');
const test = require('node:test');

const smpp = require('../e2e/node_modules/smpp');
const { PATIENCE_MS, Process, delay, freePort, until } = require('../e2e/lib/process');
const { register } = require('../e2e/lib/programme');
const { smscEntry, withScene } = require('../e2e/lib/scene');

const ROUNDS = 4, ROUND_S = 6, GARBAGE = 10000, HOSTILE_CENTRES = 12, PROBE_MS = 25;

// An honest partner: npm's smpp bound as ESME, which dials and waits for the screen.
class Partner {
    constructor(port) {
        this.waiting = new Map();
        this.session = smpp.connect({ url: `smpp://127.0.0.1:${port}` });
        this.session.socket.setNoDelay(true);
        this.session.on('error', (error) => (this.error = error));
        this.session.on('close', () => (this.isClosed = true));
        this.session.on('enquire_link', (pdu) => this.session.send(pdu.response()));
        this.session.on('deliver_sm', (pdu) => {
            this.session.send(pdu.response());
            this.waiting.get(pdu.destination_addr)?.(pdu);
        });
    }

    bind() {
        return new Promise((resolve) => this.session.bind_transceiver(
            { system_id: 'honest', password: 'secret', interface_version: 0x34 }, (pdu) => resolve(pdu.command_status)));
    }

    async dial(msisdn) {
        const screen = new Promise((resolve, reject) => {
            const timer = setTimeout(() => reject(new Error('no screen for an honest partner')), PATIENCE_MS);
            this.waiting.set(msisdn, (pdu) => {
                clearTimeout(timer);
                resolve(pdu);
            });
        });
        const status = await new Promise((resolve) => this.session.submit_sm({
            service_type: 'USSD', source_addr: msisdn, destination_addr: '*384#', short_message: '*384#',
            ussd_service_op: 1, its_session_info: Buffer.from([this.waiting.size & 255, 0]),
        }, (pdu) => resolve(pdu.command_status)));
        assert.equal(status, 0);
        await screen;
        this.waiting.delete(msisdn);
    }
}

const percentile = (values, share) => values.sort((a, b) => a - b)[Math.floor(values.length * share)];
const median = (values) => percentile([...values], 0.5);

let subscribers = 0;

// Dials by the clock for so long, in both roles; how long each took, ms.
async function probe(centre, partner) {
    const times = { centre: [], partner: [] }, running = [];
    for (const end = Date.now() + ROUND_S * 1000; Date.now() < end;) {
        const msisdn = `628130${String(++subscribers).padStart(7, '0')}`;
        for (const [role, dial] of [['centre', () => centre.phone(msisdn).dial()], ['partner', () => partner.dial(`${msisdn}9`)]]) {
            const begun = process.hrtime.bigint();
            running.push(dial().then(() => times[role].push(Number(process.hrtime.bigint() - begun) / 1e6)));
        }
        await delay(PROBE_MS);
    }
    await Promise.all(running);
    return { centre: percentile(times.centre, 0.99), partner: percentile(times.partner, 0.99) };
}

async function gauge(gateway, name) {
    return Number((await gateway.get('/metrics')).text.match(new RegExp(`^warung_${name} (.*)$`, 'm'))[1]);
}

async function measure(t, { centre, gateway }, partner, hostile) {
    const quiet = { centre: [], partner: [] }, attacked = { centre: [], partner: [] };
    for (let round = 0; round < ROUNDS; round++)
        for (const [kind, order] of [[quiet, 'rest'], [attacked, `go ${GARBAGE / ROUNDS} ${ROUND_S}`]]) {
            hostile.child.stdin.write(`${order}\n`);
            const p99 = await probe(centre, partner);
            kind.centre.push(p99.centre);
            kind.partner.push(p99.partner);
        }
    await until('the last rubbish', () => hostile.stdout.split('gone\n').length > ROUNDS);
    for (const role of ['centre', 'partner']) {
        const [alone, beside] = [median(quiet[role]), median(attacked[role])];
        t.diagnostic(`honest ${role}'s p99: ${alone.toFixed(1)} ms alone, ${beside.toFixed(1)} ms beside the hostile; ` +
            `rounds ${quiet[role].map((v) => v.toFixed(1))} / ${attacked[role].map((v) => v.toFixed(1))}`);
        assert.ok(beside <= 2 * alone, `the honest ${role}'s p99 rose from ${alone} to ${beside} ms`);
    }
    t.diagnostic(`${await gauge(gateway, 'partner_accepted_total')} connections let in, ` +
        `${await gauge(gateway, 'partner_refused_full_total')} refused for a limit, ${await gauge(gateway, 'partner_refused_banned_total')} banned`);
}

test('honest peers notice nothing of hostile ones', async (t) => {
    const port = await freePort();
    const hostile = new Process(process.execPath, [path.join(__dirname, 'lib/hostile.js'), String(port), String(HOSTILE_CENTRES)]);
    const ports = JSON.parse((await hostile.sees(/^\[.*\]$/m))[0]);
    const settings = {
        partners: {
            listen: [`127.0.0.1:${port}`], session_init_s: 2,
            accounts: [
                { system_id: 'honest', password: 'secret' },
                { system_id: 'evil', password: 'secret', max_binds: 50, pdu_timeout_s: 2 },
            ],
        },
        log: { level: 'warning' },
    };
    try {
        await withScene('hostile', async (scene) => {
            const { gateway, centre } = scene;
            ports.forEach((at, n) => gateway.settings.smsc.push(smscEntry({ port: at }, { name: `evil${n}`, pdu_timeout_s: 2 })));
            await gateway.writeConfiguration();
            gateway.launch();
            await centre.isBound();
            const partner = new Partner(port);
            assert.equal(await partner.bind(), 0);
            await probe(centre, partner); // the first touches pages and connects to Redis
            const [fds, memory] = [await gauge(gateway, 'process_open_fds'), await gauge(gateway, 'process_resident_memory_bytes')];
            await measure(t, scene, partner, hostile);
            hostile.child.stdin.write('rest\n');
            await until('the descriptors of the hostile to be given back', async () => (await gauge(gateway, 'process_open_fds')) <= fds + 20);
            const growth = ((await gauge(gateway, 'process_resident_memory_bytes')) - memory) / 1048576;
            t.diagnostic(`memory grew by ${growth.toFixed(1)} MiB`);
            assert.ok(growth < 64, `${growth} MiB`);
            assert.equal(partner.isClosed, undefined, 'the honest partner is still bound');
            assert.equal(centre.binds.length, 1, 'so is the honest centre');
            await register(centre.phone('6281200000062'));
            partner.session.destroy();
        }, { start: false, settings });
    } finally {
        await hostile.end();
    }
});
