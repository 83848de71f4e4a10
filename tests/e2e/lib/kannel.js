// Kannel as a partner of the gateway: bearerbox holds the SMPP link, smsbox is how programs use it.
'use strict';

const fs = require('node:fs');
const http = require('node:http');
const path = require('node:path');

const { Process, freePort, until } = require('./process');

const group = (name, settings) =>
    [`group = ${name}`, ...Object.entries(settings).map(([k, v]) => `${k} = ${typeof v === 'number' ? v : `"${v}"`}`), ''].join('\n');

// A text of UCS-2 comes as octets, two a character.
const octetsOf = (value) =>
    Buffer.from(value.replace(/\+/g, ' ').replace(/%(..)/g, (_, hex) => String.fromCharCode(parseInt(hex, 16))), 'latin1');

// A box that is stuck answers nobody: its log tells more than a test that waits for ever.
const ask = (url) => fetch(url, { signal: AbortSignal.timeout(5000) });

class Kannel {
    // `link` is Kannel's smsc group, `core` adds to its core group; what the gateway delivers arrives in `received`, whole messages.
    constructor(folder, link, core = {}) {
        this.core = core;
        this.folder = folder;
        this.link = link;
        this.received = []; // { from, to, coding, text, op }
        this.server = http.createServer((request, response) => {
            const query = Object.fromEntries(request.url.slice(2).split('&').map((pair) => pair.split('=')));
            const [from, to, text, meta] = ['from', 'to', 'text', 'meta'].map((key) => octetsOf(query[key]));
            const coding = Number(query.coding);
            this.received.push({
                from: String(from), to: String(to), coding, op: parseInt(String(meta).match(/ussd_service_op=%(..)/)?.[1], 16),
                text: coding === 2 ? text.swap16().toString('utf16le') : String(text),
            });
            response.end();
        });
    }

    async start() {
        const [admin, smsbox, send] = [await freePort(), await freePort(), await freePort()];
        await new Promise((resolve) => this.server.listen(0, '127.0.0.1', resolve));
        this.sendPort = send;
        this.adminPort = admin;
        const file = path.join(this.folder, 'kannel.conf');
        fs.writeFileSync(file, [
            group('core', {
                'admin-port': admin, 'admin-password': 'x', 'admin-interface': '127.0.0.1', 'smsbox-port': smsbox,
                'smsbox-interface': '127.0.0.1', 'box-deny-ip': '*.*.*.*', 'box-allow-ip': '127.0.0.1',
                'sms-combine-concatenated-mo': 'true', ...this.core,
            }),
            group('smsc', { smsc: 'smpp', 'smsc-id': 'warung', host: '127.0.0.1', 'reconnect-delay': 1, ...this.link }),
            // Kannel knows no USSD; with these it passes the operation on.
            group('smpp-tlv', { name: 'ussd_service_op', tag: '0x0501', type: 'integer', length: 1 }),
            group('smsbox', {
                'bearerbox-host': '127.0.0.1', 'bearerbox-port': smsbox, 'sendsms-port': send,
                'sendsms-interface': '127.0.0.1',
            }),
            group('sendsms-user', {
                username: 'u', password: 'p', 'max-messages': 10, concatenation: 'true',
            }),
            group('sms-service', {
                keyword: 'default', 'catch-all': 'yes', 'max-messages': 0,
                'get-url': `http://127.0.0.1:${this.server.address().port}/?from=%p&to=%P&coding=%c&text=%b&meta=%D`,
            }),
        ].join('\n'));
        this.bearerbox = new Process('bearerbox', ['-v', '1', file], { cwd: this.folder });
        await until('the smsbox port', () => this.answers(admin));
        this.smsbox = new Process('smsbox', ['-v', '1', file], { cwd: this.folder });
        await until('the sendsms port', () => this.answers(send));
        return this;
    }

    answers(port) {
        return ask(`http://127.0.0.1:${port}/`).then(() => true, () => false);
    }

    get log() {
        return `${this.bearerbox.output}\n${this.smsbox?.output ?? ''}`;
    }

    async isOnline() {
        await until(() => `Kannel online:\n${this.log.slice(-3000)}`, () =>
            ask(`http://127.0.0.1:${this.adminPort}/status.txt?password=x`).then(
                async (response) => (await response.text()).includes('(online'), () => false));
    }

    // What a subscriber texts.
    async send({ from, to, text, coding = 0, meta }) {
        const query = new URLSearchParams({
            username: 'u', password: 'p', from, to, text, coding, charset: 'UTF-8',
            ...(meta && { 'meta-data': meta }),
        });
        const response = await ask(`http://127.0.0.1:${this.sendPort}/cgi-bin/sendsms?${query}`);
        return { status: response.status, text: await response.text() };
    }

    async stop() {
        await this.smsbox?.end();
        await this.bearerbox?.end();
        await new Promise((resolve) => this.server.close(resolve));
    }
}

module.exports = { Kannel };
