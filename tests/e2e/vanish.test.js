// A peer that vanishes without a word, as behind a cable that is cut: the link's own timers notice it,
// what was under way is settled by the rules, the peer's book and ours agree afterwards, and who is bound
// beside it notices nothing.
'use strict';

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const test = require('node:test');

const smpp = require('smpp');

const { judge } = require('../fault/lib/judge');
const { Elsewhere, whyNot } = require('./lib/elsewhere');
const { BUILD, delay, freePort, run, until } = require('./lib/process');
const { smscEntry, withScene } = require('./lib/scene');

const TIMERS = { enquire_link_s: 1, response_timeout_s: 1 };
// One silence, two questions without an answer; the rest is for a busy machine.
const NOTICED_MS = 3000, SLACK_MS = 7000, PATIENCE_MS = 60000;
const UNITS = 'dialects = ( { name = "units"; session_out = "echo+unit"; } );\n';
const HONEST = { codes: ['*384#', '384'], enquire_link_s: 1, response_timeout_s: 5 };

// Subscribers elsewhere who register all the time; `how` says which side binds.
class Crowd {
    constructor(elsewhere, folder, how) {
        Object.assign(this, { folder, control: path.join(folder, 'crowd.sock'), ledgerFile: path.join(folder, 'ledger.json') });
        this.process = elsewhere.start(path.resolve(BUILD, 'warung-smsc'), ['load', ...how,
            '--control', this.control, '--flow', 'tests/smsc/flows/register.flow', '--system-id', 'away',
            '--password', 'secret', '--rate', 60, '--think', 50, '--seconds', 8, '--warmup', 0, '--drain', 60, '--stay',
            '--wait-bind', 60, '--response-timeout', 1500, '--retry', 200, '--screen-timeout', 45000, '--enquire-link', 1,
            '--json', '--ledger-out', this.ledgerFile].map(String));
    }

    async tell(...words) {
        return (await run(path.join(BUILD, 'warung-smsc'), ['tell', this.control, words.join(' ')])).stdout;
    }

    async stats() {
        const text = await this.tell('stats');
        return text.startsWith('{') ? JSON.parse(text) : {};
    }

    // Until nobody has sent anything for a while, with the bind up.
    async isDone() {
        let before = {}, quiet = 0;
        await until(() => `the end of the load: ${JSON.stringify(before)}`, async () => {
            await delay(250);
            const now = await this.stats();
            quiet = now.binds > 0 && now.pending === 0 && now.sent === before.sent && now.messages === before.messages ? quiet + 1 : 0;
            before = now;
            return quiet >= 6;
        }, PATIENCE_MS);
    }

    async quit() {
        await this.tell('quit');
        const status = await this.process.ended;
        assert.ok(this.process.stdout, `the load ended with ${status}:\n${this.process.output}`);
        return { status, report: JSON.parse(this.process.stdout), accounts: JSON.parse(fs.readFileSync(this.ledgerFile)).subscribers };
    }
}

// Subscribers of an honest centre dial all the time; stop() says what they saw.
function dialBeside(centre) {
    const seen = { dialled: 0, longestMs: 0 };
    let isOver = false;
    const done = (async () => {
        while (!isOver) {
            const begun = Date.now();
            const phone = centre.phone(`62812000${String(10000 + seen.dialled++)}`);
            assert.match((await phone.dial()).text, /Tabik pun|#TerusUsaha/);
            assert.equal(phone.status, 0);
            seen.longestMs = Math.max(seen.longestMs, Date.now() - begun);
            await delay(50);
        }
    })();
    done.catch(() => {}); // stop() tells
    return async () => {
        isOver = true;
        await done;
        return seen;
    };
}

const lost = (gateway, name) => gateway.log.match(new RegExp(`event=link\\.lost link=${name}[:#]?\\S* .*`, 'g')) ?? [];

// The peer vanishes, now; the link's timers see it, and nothing of its connection stays in the kernel, which
// would otherwise still deliver it when the peer is back: after it has left again on the next connection.
async function vanishes({ gateway, elsewhere }, name, t, what) {
    const before = lost(gateway, name).length;
    await elsewhere.vanish();
    const begun = Date.now();
    await until(`the loss of ${name}`, () => lost(gateway, name).length > before, NOTICED_MS + SLACK_MS);
    t.diagnostic(`${what}: noticed after ${Date.now() - begun} ms`);
    assert.match(lost(gateway, name).at(-1), /reason=enquire_link_timeout/);
    await until('the end of its connection', () => elsewhere.connections().length === 0, 2000)
        .catch((error) => assert.fail(`${error.message}: ${elsewhere.connections()}`));
}

const linksOf = async (gateway, peer) => (await gateway.ctlJson('links')).filter((l) => l.peer === peer);

// Vanishes twice, under load and idle, while an honest centre's subscribers dial; then the books are compared.
async function outages(scene, crowd, name, t) {
    const { gateway, elsewhere } = scene;
    const stop = dialBeside(scene.centre);
    await until('a load under way', async () => (await crowd.stats()).accepted > 60, PATIENCE_MS);
    await vanishes(scene, name, t, 'under load');
    await delay(500);
    await elsewhere.comeBack();
    await crowd.isDone();
    await vanishes(scene, name, t, 'idle');
    await elsewhere.comeBack();
    await until(`${name} is bound again`, async () => (await linksOf(gateway, name)).some((l) => l.state === 'bound'), PATIENCE_MS);
    // One that was under way when it vanished goes again after its delay, which may fall into the second silence.
    let outbox;
    await until(() => `the SMS that are owed: ${JSON.stringify(outbox)}`, async () => {
        outbox = await gateway.ctlJson('outbox');
        return outbox.waiting === 0;
    }, PATIENCE_MS);
    const { text } = await gateway.get('/metrics');
    const role = name === 'away' && gateway.settings.partners ? 'partner' : 'smsc';
    assert.match(text, new RegExp(`^warung_link_ends_total{role="${role}",reason="enquire_link_timeout"} 2$`, 'm'));
    const result = { ...await crowd.quit(), merchants: (await gateway.ctlJson('merchants', 'list')).filter((m) => !m.msisdn.startsWith('62812')) };
    assert.deepEqual(judge(result), []);
    assert.ok(result.report.centre.cut + result.report.centre.unanswered > 0, 'nothing was under way when it vanished');
    t.diagnostic(`${result.report.ledger.inputs} inputs; ${result.report.centre.cut} cut, ${result.report.centre.unanswered} unanswered; ` +
        `${result.merchants.length} registered`);
    const { dialled, longestMs } = await stop();
    t.diagnostic(`${dialled} dials beside, the longest ${longestMs} ms`);
    assert.deepEqual(lost(gateway, 'op1'), []);
    assert.ok(longestMs < NOTICED_MS, `a dial beside took ${longestMs} ms`);
}

async function withElsewhere(t, name, options, body) {
    const reason = await whyNot();
    if (reason) {
        t.skip(reason);
        return;
    }
    const elsewhere = await new Elsewhere().open();
    try {
        await withScene(name, (scene) => body({ ...scene, elsewhere }), { start: false, dialects: UNITS, smsc: HONEST, settings: { log: { level: 'info' } }, ...options(elsewhere) });
    } finally {
        await elsewhere.close();
    }
}

test('a centre that vanishes, under load and idle', async (t) => {
    await withElsewhere(t, 'vanish-centre', () => ({}), async (scene) => {
        const { gateway, centre, elsewhere, folder } = scene;
        const portFile = path.join(folder, 'port');
        const crowd = new Crowd(elsewhere, folder, ['--listen', `${elsewhere.theirs}:0`, '--port-file', portFile]);
        try {
            const port = Number(await until('the port', () => fs.existsSync(portFile) && fs.readFileSync(portFile, 'utf8')));
            gateway.settings.smsc.push(smscEntry({ port }, {
                name: 'away', host: elsewhere.theirs, system_id: 'away', dialect: 'units', turn_token: 'echo', ...TIMERS,
            }));
            await gateway.start();
            await centre.isBound();
            await outages(scene, crowd, 'away', t);
            const [link] = await linksOf(gateway, 'away');
            assert.ok(link.errors.some((e) => e.name === 'enquire_link_timeout'), JSON.stringify(link.errors));
        } finally {
            await crowd.process.end('SIGKILL');
        }
    });
});

test('a partner that vanishes, under load and idle', async (t) => {
    await withElsewhere(t, 'vanish-partner', () => ({}), async (scene) => {
        const { gateway, centre, elsewhere, folder } = scene;
        const port = await freePort();
        gateway.settings.partners = {
            listen: [`${elsewhere.ours}:${port}`, `127.0.0.1:${port}`],
            accounts: ['away', 'beside'].map((system_id) => ({
                system_id, password: 'secret', max_binds: 1, codes: ['*384#', '384'], dialect: 'units', turn_token: 'echo', ...TIMERS,
            })),
        };
        await gateway.start();
        await centre.isBound();
        const crowd = new Crowd(elsewhere, folder, ['--connect', `${elsewhere.ours}:${port}`]);
        const beside = smpp.connect({ url: `smpp://127.0.0.1:${port}` });
        beside.on('enquire_link', (pdu) => beside.send(pdu.response()));
        beside.bind_transceiver({ system_id: 'beside', password: 'secret', interface_version: 0x34 });
        try {
            await outages(scene, crowd, 'away', t);
            assert.deepEqual(lost(gateway, 'beside'), []);
            assert.equal((await linksOf(gateway, 'beside'))[0]?.state, 'bound');
        } finally {
            beside.destroy();
            await crowd.process.end('SIGKILL');
        }
    });
});
