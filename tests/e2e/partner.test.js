// Partners bind to the gateway: npm's smpp as ESME, plain and over TLS; who is let in and who is not.
'use strict';

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const test = require('node:test');

const smpp = require('smpp');

const { ANSWERS, regnoOf } = require('./lib/programme');
const { freePort, ROOT, run, until } = require('./lib/process');
const { withScene } = require('./lib/scene');

const MSISDN = '6281200000061';
const MENU = path.join(ROOT, 'conf/menus/terususaha.cfg');

// One bound ESME with one subscriber behind it.
class Partner {
    constructor(url, options = {}) {
        this.screens = [];
        this.sms = [];
        this.closed = false;
        this.session = smpp.connect({ url, ...options });
        this.session.on('error', (error) => (this.error = error));
        this.session.on('close', () => (this.closed = true));
        this.smsStatus = 0;
        this.session.on('deliver_sm', (pdu) => {
            const isScreen = pdu.service_type === 'USSD';
            (isScreen ? this.screens : this.sms).push(pdu);
            this.session.send(pdu.response({ command_status: isScreen ? 0 : this.smsStatus }));
        });
        this.session.on('unbind', (pdu) => {
            this.session.send(pdu.response());
            this.session.close();
        });
    }

    async bind(system_id, password) {
        await until('the connection', () => this.session.socket.readyState === 'open' || this.closed);
        return new Promise((resolve) => {
            this.session.on('close', () => resolve(null));
            this.session.bind_transceiver({ system_id, password, interface_version: 0x34 }, resolve);
        });
    }

    send(pdu) {
        return new Promise((resolve) => this.session.submit_sm(pdu, resolve));
    }

    // Dials or answers; the next screen.
    async type(text) {
        const before = this.screens.length;
        const response = await this.send({
            service_type: 'USSD', source_addr: MSISDN, destination_addr: '*384#', short_message: text,
            ussd_service_op: before === 0 ? 1 : 18, its_session_info: Buffer.from([9, 0]),
        });
        assert.equal(response.command_status, 0);
        assert.notEqual(response.message_id, '');
        return until('a screen', () => this.screens[before]);
    }
}

const text = (pdu) => pdu.short_message.message;

async function withPartners(name, body, { accounts, tls, menu, ...options } = {}) {
    const port = await freePort();
    const partners = {
        listen: [`127.0.0.1:${port}`],
        accounts: accounts ?? [{ system_id: 'agg1', password: 'secret', codes: ['*384#', '384'] }],
    };
    if (tls)
        partners.tls = tls;
    const settings = { partners };
    if (menu)
        settings.menus = [{ file: MENU, codes: ['*384#'], sms: ['384'], ...menu }];
    await withScene(name, (scene) => body({ ...scene, port }), { ...options, settings });
}

async function register(partner) {
    let screen = await partner.type('*384#');
    if (text(screen).includes('Pilih bahasa'))
        screen = await partner.type('1');
    for (const [word, answer] of ANSWERS) {
        assert.ok(text(screen).toLowerCase().includes(word.toLowerCase()), text(screen));
        screen = await partner.type(answer);
    }
    return regnoOf({ text: text(screen) });
}

test('what a partner means by statuses of its own is said by the dialect of its account', async () => {
    await withPartners('statuses', async ({ gateway, port }) => {
        const partner = new Partner(`smpp://127.0.0.1:${port}`);
        assert.equal((await partner.bind('agg1', 'secret')).command_status, 0);
        const ask = (word) => partner.send({ source_addr: MSISDN, destination_addr: '384', short_message: word });
        partner.smsStatus = 0x421;
        assert.equal((await ask('BANTUAN')).command_status, 0);
        await until('a first try', () => partner.sms.length === 1);
        partner.smsStatus = 0;
        await until('another', () => partner.sms.length === 2);
        partner.smsStatus = 0x422; // of which nothing is said
        assert.equal((await ask('STATUS')).command_status, 0);
        await gateway.process.sees(/event=outbox\.refused .* status=1058/);
        assert.equal(partner.sms.length, 3);
    }, {
        accounts: [{ system_id: 'agg1', password: 'secret', codes: ['*384#', '384'], dialect: 'own' }],
        dialects: 'dialects = ( { name = "own"; status = "0x421:slow_down"; } );',
    });
});

// A balancer that takes the receiver to another gateway leaves the partner bound, and every subscriber without an answer.
test('a transmitter alone is told why its dials come back', async () => {
    await withPartners('apart', async ({ gateway, port }) => {
        const [out, back] = [0, 1].map(() => new Partner(`smpp://127.0.0.1:${port}`));
        const bind = (partner, kind) => new Promise((resolve) => partner.session[`bind_${kind}`](
            { system_id: 'agg1', password: 'secret', interface_version: 0x34 }, resolve));
        const dial = () => out.send({ service_type: 'USSD', source_addr: MSISDN, destination_addr: '*384#',
            short_message: '*384#', ussd_service_op: 1, its_session_info: Buffer.from([9, 0]) });
        assert.equal((await bind(out, 'transmitter')).command_status, 0);
        assert.equal((await dial()).command_status, smpp.ESME_RX_T_APPN);
        await until('the event', () => /level=warning event=screen\.no_way_back link=agg1:1/.test(gateway.log));
        assert.equal((await bind(back, 'receiver')).command_status, 0);
        assert.equal((await dial()).command_status, 0);
        await until('the screen', () => back.screens.length === 1);
    });
});

test('a merchant registers through a partner; the SMS leaves by the partner', async () => {
    await withPartners('partner', async ({ gateway, port }) => {
        const partner = new Partner(`smpp://127.0.0.1:${port}`);
        const bound = await partner.bind('agg1', 'secret');
        assert.equal(bound.command_status, 0);
        assert.equal(bound.system_id, 'warung');
        const regno = await register(partner);
        const sms = await until('the SMS', () => partner.sms[0]);
        assert.equal(sms.source_addr, '384');
        assert.equal(sms.destination_addr, MSISDN);
        const merchant = await gateway.ctlJson('merchants', 'show', regno);
        assert.equal(merchant.msisdn, MSISDN);
        const links = await gateway.ctlJson('links');
        assert.ok(links.some((link) => link.peer === 'agg1' && link.role === 'partner'), JSON.stringify(links));
        partner.session.unbind();
        await until('the end of the connection', () => partner.closed);
    });
});

test('an SMS whose partner is away leaves by others that carry its code, one after the other', async () => {
    const codes = ['*384#', '384'];
    const accounts = [
        { system_id: 'agg1', codes }, { system_id: 'agg2', codes }, { system_id: 'agg3', codes },
        { system_id: 'agg4', codes: ['*500#', '500'] }, { system_id: 'agg5', codes, prefixes: ['62899'] },
    ].map((account) => ({ password: 'secret', ...account }));
    await withPartners('away', async ({ gateway, port }) => {
        const bind = async (name) => {
            const partner = new Partner(`smpp://127.0.0.1:${port}`);
            assert.equal((await partner.bind(name, 'secret')).command_status, 0);
            return partner;
        };
        const gone = await bind('agg1');
        const regno = await register(gone);
        await until('the SMS', () => gone.sms[0]);
        gone.session.unbind();
        await until('the end of the connection', () => gone.closed);
        assert.equal((await gateway.ctl('links', 'disable', 'op1')).code, 0); // centres come first
        const others = [];
        for (const name of ['agg2', 'agg3', 'agg4', 'agg5'])
            others.push(await bind(name));
        for (const [verb, counts] of [['review', [1, 0, 0, 0]], ['approve', [1, 1, 0, 0]]]) {
            assert.equal((await gateway.ctl('merchants', verb, regno)).code, 0);
            await until(`the SMS of ${verb}`, () => others.reduce((sum, { sms }) => sum + sms.length, 0) ===
                counts.reduce((sum, count) => sum + count, 0));
            assert.deepEqual(others.map(({ sms }) => sms.length), counts);
        }
        assert.deepEqual(others.slice(0, 2).map(({ sms }) => sms[0].destination_addr), [MSISDN, MSISDN]);
    }, { accounts });
});

test('query_sm tells of what was taken, by whichever gateway; nothing is left to cancel or replace', async () => {
    await withPartners('queries', async ({ gateway, port, folder, redis }) => {
        const ask = (partner, command, more) => new Promise((resolve) =>
            partner.session[command]({ source_addr: MSISDN, destination_addr: '384', ...more }, resolve));
        const partner = new Partner(`smpp://127.0.0.1:${port}`);
        await partner.bind('agg1', 'secret');
        const taken = await new Promise((resolve) => partner.session.submit_sm({
            source_addr: MSISDN, destination_addr: '384', short_message: 'BANTUAN' }, resolve));
        assert.equal(taken.command_status, 0);
        const { message_id } = taken;
        assert.match(message_id, /^[0-9a-f]{32}$/);
        const answer = await ask(partner, 'query_sm', { message_id });
        assert.equal(answer.command_status, 0);
        assert.equal(answer.message_id, message_id);
        assert.equal(answer.message_state, 2, 'DELIVERED');
        assert.ok(Math.abs(new Date(answer.final_date) - Date.now()) < 60000, String(answer.final_date));
        assert.equal((await ask(partner, 'cancel_sm', { message_id })).command_status, smpp.ESME_RCANCELFAIL);
        assert.equal((await ask(partner, 'replace_sm', { message_id, short_message: 'x' })).command_status,
            smpp.ESME_RREPLACEFAIL);
        for (const other of [{ message_id: '1' }, { message_id: message_id.replace(/.$/, (c) => (c === '0' ? '1' : '0')) },
            { message_id, source_addr: '6281200000099' }])
            assert.equal((await ask(partner, 'query_sm', other)).command_status, smpp.ESME_RINVMSGID, JSON.stringify(other));
        // A restart forgets nothing, since nothing was kept.
        assert.equal(await gateway.stop(), 0);
        await gateway.start();
        const again = new Partner(`smpp://127.0.0.1:${port}`);
        await again.bind('agg1', 'secret');
        assert.equal((await ask(again, 'query_sm', { message_id })).message_state, 2);
        again.session.close();
    });
});

test('a wrong password, an unknown account and an address that is not allowed are refused', async () => {
    const accounts = [
        { system_id: 'agg1', password: 'secret' },
        { system_id: 'agg2', password: 'secret', allow: ['192.0.2.0/24'] },
    ];
    await withPartners('refused', async ({ gateway, port }) => {
        for (const [system_id, password, status] of [
            ['agg1', 'wrong', smpp.ESME_RINVPASWD], ['nobody', 'secret', smpp.ESME_RINVSYSID],
        ]) {
            const partner = new Partner(`smpp://127.0.0.1:${port}`);
            const answer = await partner.bind(system_id, password);
            assert.notEqual(answer?.command_status, 0);
            if (answer)
                assert.ok([status, smpp.ESME_RBINDFAIL].includes(answer.command_status), answer.command_status);
            partner.session.close();
        }
        const stranger = new Partner(`smpp://127.0.0.1:${port}`);
        assert.notEqual((await stranger.bind('agg2', 'secret'))?.command_status, 0);
        stranger.session.close();
        for (const [id, why] of [['agg1', 'password'], ['nobody', 'unknown'], ['agg2', 'address']])
            assert.match(gateway.log, new RegExp(`event=server\\.bind_refused peer=127\\.0\\.0\\.1 system_id=${id} why=${why} `));
    }, { accounts });
});

test('a partner reaches the menus of its own codes alone, whatever it says that was dialled', async () => {
    const accounts = [{ system_id: 'agg1', password: 'secret', codes: ['*384#'] },
        { system_id: 'agg2', password: 'secret', codes: ['*500#', '500'] },
        { system_id: 'agg3', password: 'secret', codes: ['*384*2#'] }];
    await withPartners('codes', async ({ gateway, port }) => {
        const bind = async (name) => {
            const partner = new Partner(`smpp://127.0.0.1:${port}`);
            assert.equal((await partner.bind(name, 'secret')).command_status, 0);
            return partner;
        };
        const ussd = (destination_addr, short_message, ussd_service_op) => ({
            service_type: 'USSD', source_addr: MSISDN, destination_addr, short_message, ussd_service_op,
            its_session_info: Buffer.from([7, 0]),
        });
        const sms = (destination_addr) => ({ source_addr: MSISDN, destination_addr, short_message: 'STATUS' });
        const stranger = await bind('agg2');
        for (const pdu of [ussd('*384#', '*384#', 1), ussd('*500#', '*384#', 1), ussd('384', '*384*3#', 1),
            ussd('384', '', 1), sms('384'), sms('*384#')])
            assert.equal((await stranger.send(pdu)).command_status, smpp.ESME_RINVDSTADR, JSON.stringify(pdu));
        for (const address of ['*384#', '384', '777', '']) // an answer opens no dialogue, nor the default menu
            assert.equal((await stranger.send(ussd(address, '1', 18))).command_status, smpp.ESME_RX_R_APPN, address);
        assert.match(gateway.log, /event=message\.refused link=agg2:1 command_status=ESME_RINVDSTADR/);
        const own = await bind('agg1');
        assert.match(text(await own.type('*384#')), /#TerusUsaha/);
        assert.match(text(await own.type('1')), /./); // an answer, to the dialogue that it began
        assert.deepEqual([stranger.screens, stranger.sms], [[], []]);
        // Of "*384*2#" alone; its answers name the service code.
        const part = await bind('agg3');
        const dialogue = { source_addr: '6281200000062', its_session_info: Buffer.from([8, 0]) };
        for (const [address, typed, op] of [['*384*2#', '*384*2#', 1], ['*384*2#', '1', 18], ['384', '1', 18]]) {
            const before = part.screens.length;
            const response = await part.send({ ...ussd(address, typed, op), ...dialogue });
            assert.equal(response.command_status, 0, `${address} ${typed}`);
            await until('a screen', () => part.screens[before]);
        }
        assert.equal((await part.send({ ...ussd('*384#', '*384#', 1), ...dialogue })).command_status,
            smpp.ESME_RINVDSTADR);
        for (const partner of [own, stranger, part])
            partner.session.close();
    }, { accounts, menu: { default: true } });
});

test('a reload lets a new account in and sends one away that is gone', async () => {
    await withPartners('accounts', async ({ gateway, port }) => {
        const old = new Partner(`smpp://127.0.0.1:${port}`);
        assert.equal((await old.bind('agg1', 'secret')).command_status, 0);
        gateway.settings.partners.accounts = [{ system_id: 'agg3', password: 'other' }];
        await gateway.writeConfiguration();
        assert.equal((await gateway.ctl('reload')).code, 0);
        await until('the end of the old account', () => old.closed);
        await gateway.process.sees(/event=link\.closed link=agg1:1 state=unbinding reason=stopped/);
        const fresh = new Partner(`smpp://127.0.0.1:${port}`);
        assert.equal((await fresh.bind('agg3', 'other')).command_status, 0);
        fresh.session.unbind();
        await until('the end of the connection', () => fresh.closed);
    });
});

test('over TLS; plain SMPP at that door gets nowhere', async () => {
    const folder = fs.mkdtempSync('/tmp/warung-tls-');
    const cert = path.join(folder, 'cert.pem');
    const key = path.join(folder, 'key.pem');
    const made = await run('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256',
        '-nodes', '-keyout', key, '-out', cert, '-days', '2', '-subj', '/CN=localhost']);
    assert.equal(made.code, 0, made.output);
    try {
        await withPartners('tls', async ({ port }) => {
            const partner = new Partner(`ssmpp://localhost:${port}`, { ca: fs.readFileSync(cert) });
            assert.equal((await partner.bind('agg1', 'secret')).command_status, 0);
            assert.match(text(await partner.type('*384#')), /#TerusUsaha/);
            partner.session.unbind();
            await until('the end of the connection', () => partner.closed);
            const plain = new Partner(`smpp://127.0.0.1:${port}`);
            assert.equal(await plain.bind('agg1', 'secret'), null);
        }, { tls: { cert, key } });
    } finally {
        fs.rmSync(folder, { recursive: true, force: true });
    }
});
