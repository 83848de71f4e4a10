// What operators do with links: look at them, take them out of service, watch what passes.
'use strict';

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const test = require('node:test');

const smpp = require('smpp');

const { Centre } = require('./lib/centre');
const { BUILD, Process, freePort, until } = require('./lib/process');
const { ANSWERS, MERCHANT, answerQuestions, openMainMenu, register } = require('./lib/programme');
const { smscEntry, withScene } = require('./lib/scene');

async function linkOf(gateway, name) {
    return (await gateway.ctlJson('links')).find((link) => link.link === name);
}

async function inState(gateway, name, key, value) {
    return until(`${name} ${key}=${value}`, async () => {
        const link = await linkOf(gateway, name);
        return link?.[key] === value && link;
    });
}

async function isOrdered(gateway, ...words) {
    const result = await gateway.ctl('links', ...words);
    assert.equal(result.code, 0, result.output);
}

test('links shows state, window, rate, round trips and the last errors by name', async () => {
    await withScene('links', async ({ gateway, centre }) => {
        await register(centre.phone('6281200000061'));
        let refused = 0;
        centre.submitStatus = (pdu) => (pdu.ussd_service_op !== undefined && refused++ === 0 ? smpp.ESME_RINVDSTADR : 0);
        const phone = centre.phone('6281200000062');
        phone.info = Buffer.from([7, 0]);
        assert.equal(await phone.send(1, '*384#', phone.info), 0);
        const link = await until('the refusal among the errors', async () => {
            const found = await linkOf(gateway, 'op1:1');
            return found.errors.length > 0 && found;
        });
        assert.equal(link.errors[0].name, 'ESME_RINVDSTADR');
        assert.equal(link.errors[0].command_status, 0x0b);
        assert.ok(Math.abs(Date.parse(link.errors[0].at) - Date.now()) < 60000, link.errors[0].at);
        assert.ok(Math.abs(Date.parse(link.since) - Date.now()) < 60000, link.since);
        const { peer, role, service, state, bind, window, rate, pace } = link;
        assert.deepEqual({ peer, role, service, state, bind, window, rate, pace },
            { peer: 'op1', role: 'smsc', service: 'serving', state: 'bound', bind: 'transceiver',
                window: 8, rate: 50, pace: 'running' });
        assert.ok(link.round_trip_p50_ms <= link.round_trip_p99_ms);
        const table = (await gateway.ctl('links')).stdout;
        assert.match(table, /LINK +ROLE +STATE +SINCE +WINDOW +RATE/);
        assert.match(table, /op1:1 +smsc +bound .* \d\/8 +50\/s .*ESME_RINVDSTADR/);
        centre.submitStatus = () => 0x421; // a vendor's own: its number is all that tells
        assert.equal(await phone.send(1, '*384#', Buffer.from([8, 0])), 0);
        await gateway.process.sees(/event=turn\.screen_failed .* outcome=ESME_VENDOR status=1057/);
        assert.equal(await centre.text('6281200000062', 'BANTUAN'), 0);
        await gateway.process.sees(/event=outbox\.refused .* link=op1:1 command_status=ESME_VENDOR status=1057/);
        assert.match((await gateway.ctl('links')).stdout, /op1:1 .*ESME_VENDOR\(00000421\)/);
        const metrics = (await gateway.get('/metrics')).text;
        for (const [name, value] of [['window', 8], ['rate_per_second', 50], ['bound', 1]])
            assert.match(metrics, new RegExp(`^warung_link_${name}{peer="op1",link="op1:1"} ${value}$`, 'm'));
        assert.match(metrics, /^warung_link_round_trip_p99_seconds{peer="op1",link="op1:1"} /m);
    }, { smsc: { window: 8, tps: 50 } });
});

test('a dialect says what its centre means by statuses of its own; a reload changes it', async () => {
    await withScene('statuses', async ({ gateway, centre, folder }) => {
        const MSISDN = '6281200000063';
        const dialects = `${folder}/dialects.cfg`;
        const came = () => centre.sms.filter((sms) => sms.msisdn === MSISDN).length;
        let refused = 0;
        centre.submitStatus = () => (refused++ === 0 ? 0x421 : 0);
        assert.equal(await centre.text(MSISDN, 'BANTUAN'), 0);
        await until('the SMS that was to wait', async () => came() === 1);
        assert.equal(refused, 2);
        assert.equal((await linkOf(gateway, 'op1:1')).errors[0].command_status, 0x421);

        fs.writeFileSync(dialects, fs.readFileSync(dialects, 'utf8').replace('slow_down', 'permanent'));
        const reloaded = await gateway.ctl('reload');
        assert.equal(reloaded.code, 0, reloaded.output);
        await until('the new bind alone', () => centre.binds.length === 2 && centre.sessions.length === 1);
        centre.submitStatus = () => (refused++ === 2 ? 0x421 : 0);
        assert.equal(await centre.text(MSISDN, 'BANTUAN'), 0);
        await gateway.process.sees(/event=outbox\.refused .* status=1057/);
        assert.equal(came(), 1);

        fs.writeFileSync(dialects, fs.readFileSync(dialects, 'utf8').replace('permanent', 'later'));
        const wrong = await gateway.ctl('reload');
        assert.notEqual(wrong.code, 0);
        assert.match(wrong.output, /dialects\.cfg:\d+: status takes none, or a list of STATUS:slow_down/);
    }, {
        smsc: { dialect: 'own' },
        dialects: 'dialects = ( { name = "own"; base = "spec34"; status = "0x421:slow_down"; } );',
    });
});

test('a centre is disabled and enabled; a reload does not bring it back', async () => {
    await withScene('disable', async ({ gateway, centre }) => {
        await isOrdered(gateway, 'disable', 'op1');
        await inState(gateway, 'op1:1', 'state', 'closed');
        assert.equal(centre.sessions.length, 0);
        assert.match((await gateway.ctl('links')).stdout, /op1:1 +smsc +disabled/);
        gateway.settings.smsc[0].window = 9;
        await gateway.writeConfiguration();
        assert.equal((await gateway.ctl('reload')).code, 0);
        assert.equal((await inState(gateway, 'op1:1', 'window', 9)).service, 'disabled');
        assert.equal(centre.binds.length, 1);
        await isOrdered(gateway, 'enable', 'op1');
        await centre.isBound();
        assert.equal((await linkOf(gateway, 'op1:1')).service, 'serving');
        await openMainMenu(centre.phone('6281200000061'));
        const unknown = await gateway.ctl('links', 'disable', 'nobody');
        assert.equal(unknown.code, 1);
        assert.match(unknown.output, /no smsc and no account of that name/);
    });
});

test('a centre whose settings change is there while its old bind waits for the answer to its unbind', async () => {
    await withScene('links-waiting', async ({ centre, gateway }) => {
        centre.sessions[0].removeAllListeners('unbind'); // it hangs
        gateway.settings.smsc[0].window = 16;
        await gateway.writeConfiguration();
        assert.equal((await gateway.ctl('reload')).code, 0);
        assert.equal((await linkOf(gateway, 'op1:1')).state, 'closed');
        await isOrdered(gateway, 'disable', 'op1');
        assert.equal((await linkOf(gateway, 'op1:1')).service, 'disabled');
        gateway.settings.smsc[0].window = 17;
        await gateway.writeConfiguration();
        assert.equal((await gateway.ctl('reload')).code, 0);
        assert.equal((await linkOf(gateway, 'op1:1')).service, 'disabled'); // reloads leave it alone
        await isOrdered(gateway, 'enable', 'op1');
        assert.equal((await linkOf(gateway, 'op1:1')).window, 17);
        assert.match((await gateway.get('/metrics')).text, /^warung_link_bound\{peer="op1",link="op1:1"\} 0$/m);
        assert.equal(centre.binds.length, 1); // never two at a time
        await inState(gateway, 'op1:1', 'state', 'bound');
        assert.equal(centre.binds.length, 2);
    }, { smsc: { response_timeout_s: 3 } });
});

test('a drained centre finishes its dialogues, refuses new ones, and ends; the other one serves', async () => {
    const second = await new Centre().listen();
    try {
        await withScene('drain', async ({ gateway, centre }) => {
            gateway.settings.smsc.push(smscEntry(second, { name: 'op2' }));
            await gateway.start();
            await centre.isBound();
            await second.isBound();
            const phone = centre.phone('6281200000061');
            const screen = await answerQuestions(phone, await openMainMenu(phone), 0, 4);
            await isOrdered(gateway, 'drain', 'op1', '--for', '1h');
            assert.equal((await linkOf(gateway, 'op1:1')).service, 'draining');
            assert.equal(await centre.phone('6281200000062').send(1, '*384#', Buffer.from([3, 0])), smpp.ESME_RX_T_APPN);
            await openMainMenu(second.phone('6281200000062'));
            // Somebody changes its settings meanwhile: it connects anew, and goes on with that.
            gateway.settings.smsc[0].window = 8;
            await gateway.writeConfiguration();
            const binds = centre.binds.length;
            assert.equal((await gateway.ctl('reload')).code, 0);
            await until('the bind', () => centre.binds.length > binds);
            await inState(gateway, 'op1:1', 'state', 'bound');
            assert.equal(await centre.phone('6281200000063').send(1, '*384#', Buffer.from([3, 0])), smpp.ESME_RX_T_APPN);
            const last = await answerQuestions(phone, screen, 4, ANSWERS.length);
            assert.equal(last.ended, true);
            // The receipt goes by the centre that stays.
            await second.smsFor('6281200000061');
            await inState(gateway, 'op1:1', 'service', 'disabled');
            await inState(gateway, 'op1:1', 'state', 'closed');
        }, { start: false, settings: { turn: { session_idle_s: 3 } } });
    } finally {
        await second.close();
    }
});

test('an account is disabled: its binds end and new ones are refused until it is enabled', async () => {
    const port = await freePort();
    const bind = () => new Promise((resolve) => {
        const session = smpp.connect({ url: `smpp://127.0.0.1:${port}` });
        session.on('error', () => {});
        session.on('unbind', (pdu) => session.send(pdu.response(), () => session.close()));
        session.bind_transceiver({ system_id: 'agg1', password: 'secret', interface_version: 0x34 },
            (pdu) => resolve({ session, status: pdu.command_status }));
    });
    const partners = { listen: [`127.0.0.1:${port}`], accounts: [{ system_id: 'agg1', password: 'secret' }] };
    await withScene('account', async ({ gateway }) => {
        assert.equal((await linkOf(gateway, 'agg1')).state, 'closed');
        const first = await bind();
        assert.equal(first.status, 0);
        const ended = new Promise((resolve) => first.session.on('close', resolve));
        const link = await linkOf(gateway, 'agg1:1');
        assert.match(link.address, /^127\.0\.0\.1/);
        assert.equal(link.state, 'bound');
        await isOrdered(gateway, 'disable', 'agg1');
        await ended;
        const refused = await bind();
        assert.equal(refused.status, smpp.ESME_RBINDFAIL);
        refused.session.close();
        assert.equal((await linkOf(gateway, 'agg1')).service, 'disabled');
        const { text } = await gateway.get('/metrics');
        assert.match(text, /^warung_peer_serving\{peer="agg1"\} 0$/m);
        assert.match(text, /^warung_peer_serving\{peer="op1"\} 1$/m);
        await isOrdered(gateway, 'enable', 'agg1');
        const again = await bind();
        assert.equal(again.status, 0);
        again.session.close();
    }, { settings: { partners } });
});

test('what a partner with a full window was not shown yet is not acknowledged when its bind ends', async () => {
    const port = await freePort();
    const bind = () => new Promise((resolve) => {
        const session = smpp.connect({ url: `smpp://127.0.0.1:${port}` });
        const screens = []; // none is answered
        session.on('error', () => {});
        session.on('deliver_sm', (pdu) => screens.push(pdu));
        session.on('unbind', (pdu) => session.send(pdu.response()));
        session.bind_transceiver({ system_id: 'agg1', password: 'secret', interface_version: 0x34 }, () => resolve({ session, screens }));
    });
    const dial = ({ session }, msisdn) => new Promise((resolve) => session.submit_sm({
        service_type: 'USSD', source_addr: msisdn, destination_addr: '*384#', ussd_service_op: 1,
        its_session_info: Buffer.from([7, 0]), short_message: '*384#',
    }, (pdu) => resolve(pdu.command_status)));
    const partners = { listen: [`127.0.0.1:${port}`], accounts: [{ system_id: 'agg1', password: 'secret', window: 1 }] };
    await withScene('account-window', async ({ gateway }) => {
        const first = await bind();
        assert.equal(await dial(first, '6281200000066'), 0);
        await until('the screen that fills the window', () => first.screens.length === 1);
        const second = dial(first, '6281200000067');
        await until('both steps', async () => /^warung_turn_steps_total 2$/m.test((await gateway.get('/metrics')).text));
        await isOrdered(gateway, 'disable', 'agg1');
        assert.equal(await second, smpp.ESME_RX_T_APPN);
        first.session.close();
        await isOrdered(gateway, 'enable', 'agg1');
        const next = await bind();
        assert.equal(await dial(next, '6281200000067'), 0);
        await until('the screen', () => next.screens.length === 1);
        next.session.close();
    }, { settings: { partners } });
});

test('trace writes a readable line for each PDU and no text of a subscriber', async () => {
    await withScene('trace', async ({ gateway, centre }) => {
        const trace = new Process(path.join(BUILD, 'warungctl'), ['-c', gateway.file, 'trace', '--link', 'op1', '--for', '1h']);
        await until('the tap', () => gateway.log.includes('event=tap.open'));
        await register(centre.phone('6281200000061'));
        await trace.sees(/op1:1 > submit_sm seq=\d+ service_type=USSD .*op=11/);
        assert.match(trace.stdout, /^\d\d:\d\d:\d\d\.\d{3} op1:1 < deliver_sm seq=\d+ service_type=USSD source=62812\*\*\*0061 destination=\*384# dcs=0 octets=5 op=01 session=0100$/m);
        assert.match(trace.stdout, /op1:1 > deliver_sm_resp seq=\d+ status=ESME_ROK/);
        assert.match(trace.stdout, /op1:1 < submit_sm_resp seq=\d+ status=ESME_ROK message_id=\d+/);
        for (const secret of ['6281200000061', MERCHANT.name, MERCHANT.nik, MERCHANT.business])
            assert.ok(!trace.stdout.includes(secret), secret);
        assert.equal(await trace.end('SIGINT'), 0);

        const objects = new Process(path.join(BUILD, 'warungctl'), ['-c', gateway.file, 'trace', '--json', '--link', 'op1', '--for', '1h']);
        await until('another tap', () => gateway.log.match(/event=tap\.open/g).length === 2);
        const phone = centre.phone('6281200000069');
        phone.info = Buffer.from([3, 0]);
        assert.equal(await phone.send(1, '*384#', phone.info), 0);
        await objects.sees(/"submit_sm_resp"/);
        assert.equal(await objects.end('SIGINT'), 0);
        const [dial, ...others] = objects.stdout.trimEnd().split('\n').map(JSON.parse);
        assert.match(dial.at, /^\d\d:\d\d:\d\d\.\d{3}$/);
        assert.equal(typeof dial.seq, 'number');
        assert.deepEqual(dial, { at: dial.at, link: 'op1:1', direction: 'in', command: 'deliver_sm', seq: dial.seq,
            service_type: 'USSD', source: '62812***0069', destination: '*384#', dcs: 0, octets: 5, op: '01', session: '0300' });
        assert.ok(others.some((o) => o.direction === 'out' && o.command === 'deliver_sm_resp' && o.status === 'ESME_ROK'));
        const capture = await gateway.ctl('--json', 'pcap', '--for', '1s', '-');
        assert.equal(capture.stdout.slice(8, 12), '\0\0\0\0'); // of its header: it is none in JSON
        for (const [link, code] of [['op1:1', 0], ['192.0.2.7', 0], ['op2', 1], ['op1:1:1', 1], ['op', 1]])
            assert.equal((await gateway.ctl('trace', '--link', link, '--for', '1s')).code, code, link);
        const day = await gateway.ctl('trace', '--for', '2h');
        assert.deepEqual([day.code, day.output], [2, 'warungctl: --for takes at most 1h here\n']);
    });
});

test('a capture is a private file, is not written over another, and ends with its time', async () => {
    await withScene('pcap', async ({ gateway, folder }) => {
        const file = path.join(folder, 'x.pcap');
        assert.equal((await gateway.ctl('pcap', '--link', 'op2', '--for', '1s', file)).code, 1);
        assert.equal((await gateway.ctl('pcap', '--for', '3601s', file)).code, 2);
        assert.ok(!fs.existsSync(file), 'nothing is in the way of the next try');
        const result = await gateway.ctl('pcap', '--for', '1s', file);
        assert.equal(result.code, 0, result.output);
        assert.match(result.output, /texts and numbers of subscribers/);
        assert.equal(fs.statSync(file).mode & 0o777, 0o600);
        assert.equal(fs.readFileSync(file).readUInt32LE(0), 0xa1b2c3d4);
        assert.equal((await gateway.ctl('pcap', '--for', '1s', file)).code, 1);
        assert.equal((await gateway.ctl('pcap', '--for', 'soon', file)).code, 2);
    });
});

test('a capture whose reader is held up has all of it', async () => {
    await withScene('pcap-late', async ({ gateway, centre, folder }) => {
        const file = path.join(folder, 'x.pcap'), octets = 60000, count = 100;
        const pcap = new Process(path.join(BUILD, 'warungctl'), ['-c', gateway.file, 'pcap', '--for', '1h', file]);
        await until('the tap', () => gateway.log.includes('event=tap.open'));
        await until('what was there before', () => fs.statSync(file).size > 0);
        pcap.child.kill('SIGSTOP');
        for (let n = 0; n < count; n++)
            await centre.request('data_sm', { source_addr: '', destination_addr: '384', message_payload: Buffer.alloc(octets, 'x') });
        pcap.child.kill('SIGCONT');
        await until('all of it', () => !pcap.isRunning || fs.statSync(file).size > count * octets);
        assert.equal(await pcap.end('SIGINT'), 0, pcap.output);
    });
});
