// warung-smsc and a command line that makes no sense: what warung-smsc(1) says of its exit status.
'use strict';

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const test = require('node:test');

const smpp = require('smpp');

const { Centre } = require('./lib/centre');
const { BUILD, Process, run, temporaryFolder, until } = require('./lib/process');

const SMSC = path.join(BUILD, 'warung-smsc');
const NOBODY = ['--connect', '127.0.0.1:1', '--wait-bind', '1'];

async function status(...args) {
    const { code, output } = await run(SMSC, args);
    return { code, output };
}

test('values out of bounds are wrong usage', async () => {
    for (const [command, ...words] of [
        ['phone', '--listen', '127.0.0.1:65536'], ['phone', '--listen', '127.0.0.1:x'], ['phone', '--listen', 'x'],
        ['phone', '--listen', 'unix:'], ['phone', '--listen', '[::1'], ['phone', '--connect', '[::1]'],
        ['mirror', '--connect', '127.0.0.1:65536'], ['run', '--connect', '127.0.0.1', '/dev/null'],
        ['phone', ...NOBODY, '--receipt-fail', '101'], ['load', ...NOBODY, '--hang-up', '101'],
        ['load', ...NOBODY, '--walk-off', '101'], ['load', ...NOBODY, '--fault', 'repeat=101'],
        ['mirror', ...NOBODY, '--bug', 'double=101'], ['mirror', ...NOBODY, '--bug', 'double=-1'],
    ]) {
        const { code, output } = await status(command, ...words);
        assert.equal(code, 2, `${command} ${words.join(' ')}\n${output}`);
    }
});

test('files that cannot be written are told apart from wrong usage', async () => {
    for (const option of ['--trace', '--port-file', '--control']) {
        const { code, output } = await status('phone', '--listen', '127.0.0.1:0', option, '/nonexistent/x');
        assert.equal(code, 3, `${option}\n${output}`);
        assert.match(output, /\/nonexistent\/x: No such file or directory/);
    }
});

test('a report that cannot be written is told, too', async () => {
    const peer = await new Centre().listen();
    const conform = [SMSC, 'conform', '--connect', `127.0.0.1:${peer.port}`, '--only', 'enquire_link'];
    for (const words of [[SMSC, '--version'], conform]) {
        const { code, output } = await run('bash', ['-c', 'exec "$@" >/dev/full', '-', ...words]);
        assert.equal(code, 3, `${words.join(' ')}\n${output}`);
        assert.match(output, /warung-smsc: cannot write the output/);
    }
    await peer.close();
});

test('a file that is no socket is in the way, and stays', async () => {
    const folder = temporaryFolder('smsc-usage');
    const file = path.join(folder, 'notes');
    fs.writeFileSync(file, 'notes');
    for (const words of [['--listen', `unix:${file}`], ['--listen', '127.0.0.1:0', '--control', file]]) {
        const { code, output } = await status('phone', ...words);
        assert.equal(code, 3, output);
        assert.match(output, /notes: Address already in use/);
    }
    assert.equal(fs.readFileSync(file, 'utf8'), 'notes');

    // What a killed one left is no hindrance.
    const socket = path.join(folder, 'socket');
    const start = () => new Process(SMSC, ['mirror', '--listen', `unix:${socket}`]);
    const killed = start();
    await until('the socket', () => fs.existsSync(socket));
    killed.child.kill('SIGKILL');
    await until('its end', () => !killed.isRunning);
    const before = fs.statSync(socket).mtimeMs;
    const next = start();
    await until('the next socket', () => fs.existsSync(socket) && fs.statSync(socket).mtimeMs !== before);
    await next.end();
    fs.rmSync(folder, { recursive: true, force: true });
});

test('a load of which nothing at all was taken has failed', async () => {
    const peer = await new Centre().listen();
    peer.submitStatus = () => 0x0b; // ESME_RINVDSTADR
    const { code, output } = await status('load', '--connect', `127.0.0.1:${peer.port}`, '--system-id', 'warung',
        '--password', 'secret', '--count', '3');
    await peer.close();
    assert.equal(code, 1, output);
    assert.match(output, /none of the inputs was taken/);
    assert.match(output, /0 taken = 0 screens .* 3 untaken/);
});

// A gateway of two pairs, which ends each dialogue at once; per subscriber, the receivers that brought
// its inputs.
async function ridersOfPairs(port) {
    const riders = new Map(), sessions = [];
    const open = () => {
        const session = smpp.connect({ url: `smpp://127.0.0.1:${port}` });
        sessions.push(session);
        session.on('error', () => {});
        session.on('unbind', (pdu) => {
            session.send(pdu.response());
            session.close();
        });
        return session;
    };
    const bind = (session, kind) => new Promise((resolve) => session[`bind_${kind}`](
        { system_id: 'warung', password: 'secret', interface_version: 0x34 }, resolve));
    for (const pair of [0, 1]) {
        const [receiver, transmitter] = [open(), open()];
        receiver.on('deliver_sm', (pdu) => {
            riders.set(pdu.source_addr, (riders.get(pdu.source_addr) ?? new Set()).add(pair));
            receiver.send(pdu.response());
            transmitter.submit_sm({
                service_type: 'USSD', source_addr: pdu.destination_addr, destination_addr: pdu.source_addr,
                ussd_service_op: 17, its_session_info: Buffer.from([pdu.its_session_info[0], 1]), short_message: 'Selesai',
            });
        });
        await bind(transmitter, 'transmitter');
        await bind(receiver, 'receiver');
    }
    return { riders, end: () => sessions.forEach((session) => session.destroy()) };
}

// An odd number of subscribers takes turns at two binds, so that none keeps to one by chance.
test('--sticky keeps a subscriber to one receiver where binds are pairs', async () => {
    const folder = temporaryFolder('sticky'), portFile = path.join(folder, 'port'), flow = path.join(folder, 'one.flow');
    fs.writeFileSync(flow, 'dial   *384#\nend    "Selesai"\n');
    const load = new Process(SMSC, ['load', '--listen', '127.0.0.1:0', '--port-file', portFile, '--sticky', '--flow', flow,
        '--system-id', 'warung', '--password', 'secret', '--binds', '2', '--phones', '15', '--count', '60', '--dialogues', '1',
        '--seconds', '0']);
    const port = Number(await until('the port', () => fs.existsSync(portFile) && fs.readFileSync(portFile, 'utf8')));
    const { riders, end } = await ridersOfPairs(port);
    try {
        await load.ended;
        assert.equal(load.code, 0, load.output);
        assert.equal(riders.size, 15);
        for (const [msisdn, pairs] of riders)
            assert.equal(pairs.size, 1, `${msisdn} came by ${pairs.size} binds`);
        assert.equal(new Set([...riders.values()].flatMap((pairs) => [...pairs])).size, 2, 'both receivers are used');
    } finally {
        end();
        await load.end();
        fs.rmSync(folder, { recursive: true, force: true });
    }
});
