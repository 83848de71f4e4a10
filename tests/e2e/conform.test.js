// The conformance kit against the gateway: every dialect, as its centre and as its partner. Meanwhile
// the gateway's own capture runs, and tshark must know everything that left for SMPP.
'use strict';

const assert = require('node:assert/strict');
const test = require('node:test');

const { DIALECTS, withEveryDialect } = require('./lib/dialects');
const { isUnderstood, startCapture } = require('./lib/tshark');

const KIT = ['--binds', '4', '--wait-bind', '40'];
// All centres are at it at once: one's subscribers are nobody else's, or a dial here would end a dialogue
// there.
const phoneOf = (role, dialect) =>
    `62812${['centre', 'partner'].indexOf(role)}${String(DIALECTS.indexOf(dialect)).padStart(2, '0')}00001`;
// Every kind of PDU that a gateway sends as ESME and as centre.
const SENT = ['bind_transceiver', 'bind_transceiver_resp', 'enquire_link_resp', 'unbind_resp', 'generic_nack',
    'submit_sm', 'deliver_sm', 'data_sm', 'submit_sm_resp', 'deliver_sm_resp', 'data_sm_resp'];

async function isPassed(role, dialect, process) {
    const code = await process.ended;
    const failures = process.output.split('\n').filter((line) => !line.startsWith('ok')).join('\n');
    assert.equal(code, 0, `${dialect}, as ${role}:\n${failures}`);
    assert.match(process.stdout, new RegExp(`^# (\\d+) of \\1 cases passed, dialect ${dialect}, as ${role}$`, 'm'));
}

test('the kit\'s report on the gateway is all pass, in every dialect and both roles', async (t) => {
    await withEveryDialect('conform', async (scene) => {
        const ports = {}, centres = {};
        for (const dialect of DIALECTS) {
            const { process, port } = await scene.startCentre(dialect, 'conform', '--as', 'centre', '--phone', phoneOf('centre', dialect), ...KIT);
            ports[dialect] = port;
            centres[dialect] = process;
        }
        await scene.startGateway(ports, {
            smsc: { binds: 4, response_timeout_s: 3, pdu_timeout_s: 2 }, account: { max_binds: 8, response_timeout_s: 3, pdu_timeout_s: 2 },
        });
        const file = scene.file('all.pcap');
        const capture = await startCapture(scene.gateway, file);
        scene.processes.push(capture);
        for (const dialect of DIALECTS)
            await t.test(`${dialect}, as centre`, () => isPassed('centre', dialect, centres[dialect]));
        const partners = DIALECTS.map((dialect) => [dialect, scene.startPartner(dialect, 'conform', '--as', 'partner', '--phone', phoneOf('partner', dialect), ...KIT)]);
        for (const [dialect, process] of partners)
            await t.test(`${dialect}, as partner`, () => isPassed('partner', dialect, process));
        assert.equal(await capture.end(), 0, capture.output);
        await t.test('tshark understands all that the gateway sent', async () => {
            assert.ok((await isUnderstood(file, SENT)) > 2000);
        });
    });
});
