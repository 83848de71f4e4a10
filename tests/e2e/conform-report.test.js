// The conformance kit's report on a peer with faults, npm's smpp: can an engineer act on it?
'use strict';

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const test = require('node:test');

const smpp = require('smpp');

const { BUILD, Process, temporaryFolder, until } = require('./lib/process');

// A service on npm's smpp that asks one question. `onAbort(session, pdu)` is its only difference.
function serve(port, { onAbort = () => {}, comesBack = true } = {}) {
    const service = { isOver: false };
    const connect = () => {
        const session = smpp.connect({ url: `smpp://127.0.0.1:${port}` });
        service.session = session;
        session.on('error', () => {});
        session.on('close', () => comesBack && !service.isOver && setTimeout(connect, 50));
        session.bind_transceiver({ system_id: 'npm', password: 'x', interface_version: 0x34 });
        session.on('enquire_link', (pdu) => session.send(pdu.response()));
        session.on('unbind', (pdu) => {
            session.send(pdu.response());
            session.close();
        });
        session.on('deliver_sm', (pdu) => {
            session.send(pdu.response());
            if (pdu.ussd_service_op === 33)
                onAbort(session, pdu);
            else
                session.submit_sm(reply(pdu, 2, 'What?'));
        });
    };
    connect();
    return service;
}

const reply = (pdu, op, text) => ({
    service_type: 'USSD', source_addr: '384', destination_addr: pdu.source_addr, short_message: text, ussd_service_op: op,
    user_message_reference: pdu.user_message_reference,
});

// The report on it: exit status and lines.
async function conform(options, ...args) {
    const folder = temporaryFolder('report');
    const file = path.join(folder, 'port');
    const kit = new Process(path.join(BUILD, 'warung-smsc'), ['conform', '--listen', '127.0.0.1:0', '--port-file', file, ...args]);
    let service;
    try {
        const port = await until('the port', () => fs.existsSync(file) && fs.readFileSync(file, 'utf8').trim());
        service = serve(port, options);
        const status = await kit.ended;
        return { status, report: kit.stdout };
    } finally {
        if (service) {
            service.isOver = true;
            service.session.destroy();
        }
        await kit.end();
        fs.rmSync(folder, { recursive: true, force: true });
    }
}

test('a failure says what was expected, what was sent, and how to see it again', async () => {
    const { status, report } = await conform({}, '--only', 'an unknown request', '--reply-timeout', '300');
    assert.equal(status, 1, report);
    const name = 'link: an unknown request gets generic_nack, the link stays';
    const text = report.replace(/\+\d+ ms/g, '+N ms').replace(/4000000[0-9a-f]/, '4000000N').replace(/10737418\d\d/g, 'SEQ');
    assert.equal(text, `1..1
# expected generic_nack with sequence_number SEQ within 300 ms, nothing came
#   +N ms, session 1, we sent 16 octets: unknown 0x00000bad seq=SEQ
#     0000001000000bad000000004000000N
not ok 1 - ${name}
# failed: ${name}
# one case alone: --only "${name}"
# 0 of 1 cases passed, dialect spec34, as centre
`);
});

test('an abort is to be confirmed where the dialect has that, and nowhere else', async () => {
    const confirm = (op, text) => ({ onAbort: (session, pdu) => session.submit_sm(reply(pdu, op, text)) });
    const only = ['--only', 'hanging up', '--reply-timeout', '500'];
    for (const [options, dialect, expected] of [
        [{}, 'scripts', /^# expected ussd_service_op 0x32 without a text, which confirms the abort, within 500 ms; nothing came$/m],
        [confirm(17, 'Bye'), 'scripts', /^# expected ussd_service_op 0x32 without a text in session \d+, got 17: "Bye"$/m],
        [confirm(0x32, ''), 'scripts', null],
        [confirm(0x32, ''), 'mica', null], // hangs up by another operation: this peer takes it for an answer
    ]) {
        const { status, report } = await conform(options, '--dialect', dialect, ...only);
        if (dialect === 'mica') {
            assert.match(report, /^# expected nothing after the abort, got ussd_service_op 2: "What\?"$/m);
            continue;
        }
        assert.equal(status, expected ? 1 : 0, report);
        if (expected)
            assert.match(report, expected);
        // What went to and fro can be read.
        if (expected)
            assert.match(report, /it sent \d+ octets: submit_sm seq=\d+ 384>62812\d+ op=2 dcs=\d text="What\?"\n# +[0-9a-f]+$/m);
    }
});

test('a peer that does not come back is told so once, without a wait for each case', async () => {
    const begun = Date.now();
    const { status, report } = await conform({ comesBack: false }, '--only', 'link:', '--reply-timeout', '300', '--wait-bind', '1');
    assert.equal(status, 1);
    assert.match(report, /^# not run: the peer has not bound again within 1 s after the cases before\nnot ok \d+ - link: unbind/m);
    assert.match(report, /^# 1?\d of 17 cases passed, dialect spec34, as centre$/m);
    assert.ok(Date.now() - begun < 15000);
});
