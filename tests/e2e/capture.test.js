// What tests/e2e/conform.test.js has no occasion for, as tshark reads it: receivers and transmitters in both
// roles, data_sm, queries, receipts, our own enquire_link and unbind.
'use strict';

const assert = require('node:assert/strict');
const path = require('node:path');
const test = require('node:test');

const smpp = require('smpp');

const { freePort, until } = require('./lib/process');
const { withScene } = require('./lib/scene');
const { OURS, isUnderstood, startCapture, tshark } = require('./lib/tshark');

const MSISDN = '6281200000065';
const SENT = ['bind_receiver', 'bind_transmitter', 'bind_receiver_resp', 'bind_transmitter_resp', 'submit_sm', 'deliver_sm',
    'data_sm', 'submit_sm_resp', 'deliver_sm_resp', 'data_sm_resp', 'query_sm_resp', 'cancel_sm_resp', 'replace_sm_resp',
    'enquire_link', 'enquire_link_resp', 'unbind', 'unbind_resp'];

const ask = (session, command, options) => new Promise((resolve) => session[command](options, resolve));

// npm's smpp as a partner with a bind of one kind; what comes is answered and kept.
async function partner(port, kind, account) {
    const session = smpp.connect({ url: `smpp://127.0.0.1:${port}` });
    const messages = [];
    for (const command of ['deliver_sm', 'data_sm', 'enquire_link', 'unbind'])
        session.on(command, (pdu) => {
            session.send(pdu.response());
            messages.push(pdu);
        });
    session.on('error', () => {});
    const { command_status } = await ask(session, `bind_${kind}`, { system_id: account, password: 'secret', interface_version: 0x34 });
    assert.equal(command_status, 0, `${account}, ${kind}`);
    return { session, messages };
}

// A dial and its screen by two connections, which is how a pair is used.
async function dialByPair(port, account, command) {
    const receiver = await partner(port, 'receiver', account);
    const { session } = await partner(port, 'transmitter', account);
    const text = command === 'data_sm' ? { message_payload: '*384#' } : { short_message: '*384#' };
    const taken = await ask(session, command, {
        service_type: 'USSD', source_addr: `${MSISDN}${account.length}`, destination_addr: '*384#', ussd_service_op: 1,
        its_session_info: Buffer.from([7, 0]), ...text,
    });
    assert.equal(taken.command_status, 0);
    const screen = await until('the screen', () => receiver.messages.find((m) => m.ussd_service_op));
    assert.equal(screen.command, command === 'data_sm' ? 'data_sm' : 'deliver_sm');
    return { receiver, session, taken };
}

async function askForMessages(session) {
    const { message_id } = await ask(session, 'submit_sm', { source_addr: MSISDN, destination_addr: '384', short_message: 'BANTUAN' });
    const about = { message_id, source_addr: MSISDN, destination_addr: '384' };
    assert.equal((await ask(session, 'query_sm', about)).message_state, 2);
    await ask(session, 'query_sm', { ...about, message_id: 'x' });
    await ask(session, 'cancel_sm', about);
    await ask(session, 'replace_sm', { ...about, short_message: 'x' });
}

// An SMS whose end the centre tells, as text and as TLVs.
async function tellReceipts(centre) {
    for (const form of ['text', 'tlvs']) {
        assert.equal(await centre.text(MSISDN, form === 'text' ? 'BANTUAN' : 'STATUS'), 0);
        await until('the SMS', () => centre.sms.length === (form === 'text' ? 1 : 2));
        const response = await centre.request('deliver_sm', {
            source_addr_ton: 1, source_addr_npi: 1, source_addr: MSISDN, destination_addr: '384', esm_class: 4,
            ...(form === 'text'
                ? { short_message: `id:${centre.nextId} sub:001 dlvrd:001 submit date:2611280100 done date:2611280101 stat:DELIVRD err:000 text:` }
                : { receipted_message_id: String(centre.nextId), message_state: 2 }),
        });
        assert.equal(response.command_status, 0);
    }
}

test('tshark understands receivers, transmitters, data_sm, queries, receipts and unbinds of the gateway', async () => {
    const port = await freePort();
    const account = (system_id, dialect) => ({ system_id, password: 'secret', dialect, codes: ['*384#', '384'], max_binds: 2, enquire_link_s: 1 });
    const settings = { drain_timeout_s: 1, partners: { listen: [`127.0.0.1:${port}`], accounts: [account('agg1', 'spec34'), account('data1', 'datasm')] } };
    await withScene('capture', async ({ gateway, centre, folder }) => {
        await gateway.writeConfiguration();
        centre.acceptBind = () => false; // until the capture runs
        gateway.launch();
        await gateway.process.sees(/event=gateway\.ready/);
        const file = path.join(folder, 'all.pcap');
        const capture = await startCapture(gateway, file);
        try {
            centre.acceptBind = () => true;
            await centre.isBound(2);
            await centre.phone('6281200000066').dial();
            await tellReceipts(centre);
            const pair = await dialByPair(port, 'agg1', 'submit_sm');
            await askForMessages(pair.session);
            const data = await dialByPair(port, 'data1', 'data_sm');
            await until('an enquire_link of the gateway\'s', () => pair.receiver.messages.some((m) => m.command === 'enquire_link'));
            pair.session.enquire_link();
            await ask(pair.session, 'unbind', {});
            assert.equal((await gateway.ctl('links', 'disable', 'op1')).code, 0);
            await until('the unbind', () => centre.sessions.length === 0);
            for (const { session } of [pair.receiver, data.receiver, { session: data.session }])
                session.destroy();
        } finally {
            assert.equal(await capture.end(), 0, capture.output);
        }
        await isUnderstood(file, SENT);
        // Its reading of what is not in every message.
        assert.deepEqual(await tshark(file, `${OURS} && smpp.command_id == 0x80000003 && smpp.command_status == 0`,
            'smpp.message_state', 'smpp.error_code'), ['2\t0']);
        const periods = await tshark(file, `${OURS} && smpp.command_id == 4 && !smpp.opt_params`, 'smpp.validity_period_r');
        assert.equal(periods.length, 2);
        for (const period of periods)
            assert.ok(Math.abs(Number(period) - 3 * 86400) < 60, period);
    }, { start: false, smsc: { bind: 'pair', enquire_link_s: 1 }, settings });
});
