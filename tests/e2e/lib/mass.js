// A message to very many: subscribers who have asked for it, an officer's announcement, a centre that
// throttles, loses and tells receipts, and at the end the two books side by side.
//
// The messages are made as in life: each subscriber has dialled *384#, "4", "1" ("tell me of
// trainings"), and `warungctl trainings add` owes each of them an SMS, to leave behind everything that
// somebody waits for. Nothing else makes so many at once.
'use strict';

const assert = require('node:assert/strict');
const fs = require('node:fs');
const net = require('node:net');
const path = require('node:path');

const { BUILD, Process, delay, temporaryFolder, until } = require('./process');
const { Redis } = require('./redis');
const { Gateway } = require('./warungd');

// warung-smsc as a centre that also plays the subscribers, with commands on a socket.
class LoadCentre {
    constructor(folder, { count, binds, receiptFail }) {
        this.folder = folder;
        this.socket = path.join(folder, 'smsc.sock');
        this.ledgerFile = path.join(folder, 'ledger.json');
        const portFile = path.join(folder, 'port');
        this.process = new Process(path.join(BUILD, 'warung-smsc'), [
            'load', '--listen', '127.0.0.1:0', '--port-file', portFile, '--control', this.socket,
            '--flow', 'tests/smsc/flows/news.flow', '--count', String(count), '--dialogues', '200',
            '--binds', String(binds), '--wait-bind', '600', '--stay', '--json', '--ledger-out', this.ledgerFile,
            '--receipts', 'both', '--receipt-ids', 'decimal', '--receipt-delay', '50',
            '--receipt-fail', String(receiptFail), '--system-id', 'warung', '--password', 'secret',
        ]);
        this.portFile = portFile;
    }

    async start() {
        this.port = Number(await until('the port', () => fs.existsSync(this.portFile) && fs.readFileSync(this.portFile, 'utf8')));
        return this;
    }

    command(line) {
        return new Promise((resolve, reject) => {
            const socket = net.connect(this.socket, () => socket.write(`${line}\n`));
            let text = '';
            socket.on('data', (data) => {
                text += data;
                if (text.endsWith('\n'))
                    socket.end(() => resolve(text.trim()));
            });
            socket.on('error', reject);
        });
    }

    async stats() {
        return JSON.parse(await this.command('stats'));
    }

    // Its report and its book.
    async quit() {
        await this.command('quit').catch(() => {}); // it may be gone before it has answered
        await this.process.ended;
        return { ...JSON.parse(this.process.stdout), rows: JSON.parse(fs.readFileSync(this.ledgerFile, 'utf8')).subscribers };
    }
}

// Runs it all; returns what both sides say. `entries` smsc entries of `binds` connections each.
async function runMass({ count, entries, binds, window, patienceMs, faults, receiptFail, log = () => {} }) {
    const folder = temporaryFolder('mass');
    const redis = await new Redis(folder).start();
    const asking = Math.ceil(count * 1.01); // on a busy machine some dialogues are turned away
    const centre = await new LoadCentre(folder, { count: asking, binds: entries * binds, receiptFail }).start();
    const gateway = new Gateway(folder, redis, {
        redis: { servers: [redis.server], buckets: 64 },
        smsc: Array.from({ length: entries }, (_, i) => ({
            name: `op${i + 1}`, host: '127.0.0.1', port: centre.port, system_id: 'warung', password: 'secret',
            binds, window, response_timeout_s: 2, centre: 'c', codes: ['*384#', '384'],
        })),
        turn: { owed_idle_ms: 3000 },
        log: { level: 'error' },
    });
    try {
        await gateway.writeConfiguration();
        gateway.launch();
        const metric = async (name) => {
            const { text } = await gateway.get('/metrics').catch(() => ({ text: '' }));
            return Number(text.match(new RegExp(`^warung_${name} (\\S+)$`, 'm'))?.[1]);
        };
        let inputs = 0;
        await until('the subscribers have asked', async () => {
            const before = inputs;
            await delay(1000);
            inputs = await metric('turn_inputs_total');
            return inputs === before && inputs >= asking && await metric('turns_live') === 0;
        }, patienceMs);
        log('the subscribers have asked');
        for (const [name, percent] of Object.entries(faults))
            assert.equal(await centre.command(`fault ${name} ${percent}`), 'ok');
        const day = new Date(Date.now() + 20 * 86400000).toISOString().slice(0, 10);
        const added = await gateway.ctl('trainings', 'add', `${day}T09:00`, 'Foto produk', 'Balai Metro', '--seats', '30');
        assert.equal(added.code, 0, added.output);
        log(added.output);
        let tally;
        await until(() => `the end of all; now ${JSON.stringify(tally)}`, async () => {
            tally = await gateway.ctlJson('outbox');
            log(JSON.stringify(tally));
            await delay(count / 100); // each look is a round over all buckets
            return tally.waiting === 0 && tally.awaited === 0;
        }, patienceMs);
        const counted = {};
        for (const name of ['sms_sent', 'sms_delivered', 'sms_failed', 'sms_expired', 'receipts_unmatched'])
            counted[name] = await metric(`${name}_total`);
        // What the centre still has to say about copies whose response was missed.
        await until('the last receipts', async () => (await centre.stats()).pending === 0);
        assert.equal(await gateway.stop(), 0);
        assert.ok(tally.owed >= count, `only ${tally.owed} were owed`);
        return { tally, counted, centre: await centre.quit() };
    } finally {
        await gateway.stop().catch(() => {});
        await centre.process.end().catch(() => {});
        await redis.stop().catch(() => {});
        fs.rmSync(folder, { recursive: true, force: true });
    }
}

// Owed = delivered + failed + expired, and the centre's book says the same: nobody without a message,
// and as many copies as there were responses that it never sent.
function checkBooks({ tally, counted, centre }) {
    const { faults } = centre;
    const { owed } = tally;
    const sms = centre.rows.map((row) => row.sms);
    const total = sms.reduce((sum, n) => sum + n, 0);

    assert.equal(tally.delivered + tally.failed + tally.expired, owed, JSON.stringify(tally));
    assert.deepEqual([tally.waiting, tally.awaited, tally.sent, tally.erased], [0, 0, 0, 0]);
    // Where the store stood still for a while, a gateway may not know that it ended one.
    for (const end of ['delivered', 'failed', 'expired'])
        assert.ok(counted[`sms_${end}`] <= tally[end], `${counted[`sms_${end}`]} ${end} by the metrics`);
    assert.ok(counted.sms_delivered > 0.99 * tally.delivered, `${counted.sms_delivered} delivered by the metrics`);
    assert.equal(counted.sms_sent, owed, 'each response was seen once');
    assert.equal(sms.filter((n) => n >= 1).length, owed, 'somebody got nothing, or unasked');
    assert.equal(total, owed + faults.mute, 'a message was sent again although its response was seen, or lost');
    assert.equal(centre.centre.turned_away, faults.throttle + faults.swallow);
    for (const name of ['throttle', 'swallow', 'mute'])
        assert.ok(faults[name] > 0, `no ${name}`);
    return { total, faults };
}

module.exports = { checkBooks, runMass };
