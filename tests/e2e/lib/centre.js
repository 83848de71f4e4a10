// npm's `smpp` as the SMS and USSD centre of an operator: a third party's reading of SMPP 3.4.
'use strict';

const smpp = require('smpp');

const { PATIENCE_MS, until } = require('./process');

const OP = { BEGIN: 1, ASK: 2, NOTIFY: 3, END: 17, ANSWER: 18, NOTIFY_ACK: 19, HANG_UP: 33 };

function textOf(pdu) {
    const message = pdu.message_payload ?? pdu.short_message;
    return message.message ?? message;
}

class Centre {
    constructor({ systemId = 'warung', password = 'secret' } = {}) {
        this.credentials = { systemId, password };
        this.sessions = [];
        this.phones = new Map();
        this.binds = [];
        this.sms = []; // { msisdn, text, source }, in order of arrival
        this.nextId = 0;
        // Tests replace these to misbehave.
        this.acceptBind = (pdu) => pdu.system_id === systemId && pdu.password === password;
        this.messageId = (n) => String(n);
        this.enquireMs = 0; // so late it answers an enquire_link
        this.submitStatus = () => 0; // the status for a submit_sm; null = no answer at all
        this.server = smpp.createServer((session) => this.onSession(session));
    }

    listen(port = 0) {
        return new Promise((resolve, reject) => {
            this.server.on('error', reject);
            this.server.listen(port, '127.0.0.1', () => {
                this.port = this.server.address().port;
                resolve(this);
            });
        });
    }

    onSession(session) {
        session.socket.setNoDelay(true); // else each answer waits for the gateway's delayed ACK
        session.setMaxListeners(0); // one a request that waits, and there may be hundreds
        session.on('error', () => session.destroy());
        session.on('close', () => (this.sessions = this.sessions.filter((s) => s !== session)));
        for (const kind of ['transceiver', 'transmitter', 'receiver'])
            session.on(`bind_${kind}`, (pdu) => this.onBind(session, kind, pdu));
        session.on('enquire_link', (pdu) => (this.enquireMs === 0 ? session.send(pdu.response())
            : setTimeout(() => session.send(pdu.response()), this.enquireMs)));
        session.on('submit_sm', (pdu) => this.onSubmit(session, pdu));
        session.on('unbind', (pdu) => {
            session.send(pdu.response());
            session.close();
        });
    }

    onBind(session, kind, pdu) {
        this.binds.push({ kind, systemId: pdu.system_id, version: pdu.interface_version });
        if (!this.acceptBind(pdu)) {
            session.send(pdu.response({ command_status: smpp.ESME_RBINDFAIL }));
            session.close();
            return;
        }
        session.send(pdu.response({ system_id: 'npm-smpp', sc_interface_version: 0x34 }));
        session.kind = kind;
        this.sessions.push(session);
    }

    onSubmit(session, pdu) {
        const status = this.submitStatus(pdu);
        if (status === null)
            return;
        if (status !== 0) {
            session.send(pdu.response({ command_status: status }));
            return;
        }
        session.send(pdu.response({ message_id: this.messageId(++this.nextId) }));
        const arrival = { msisdn: pdu.destination_addr, source: pdu.source_addr, text: textOf(pdu), pdu };
        if (pdu.ussd_service_op === undefined)
            this.sms.push(arrival);
        else
            this.phones.get(pdu.destination_addr)?.onScreen(pdu, arrival.text);
    }

    // A session that carries messages to the gateway.
    get receiver() {
        return this.sessions.find((s) => s.kind !== 'transmitter');
    }

    async isBound(count = 1) {
        await until(`${count} bound session(s)`, () => this.sessions.length >= count);
    }

    // Sends a request and waits for its response.
    async request(command, options, session) {
        const via = session ?? (await until('a session to the gateway', () => this.receiver));
        return new Promise((resolve) => {
            const end = (response) => {
                clearTimeout(timer);
                via.off('close', lost);
                resolve(response);
            };
            const lost = () => end(null); // the gateway did not answer
            const timer = setTimeout(lost, PATIENCE_MS);
            via.once('close', lost);
            via[command](options, end);
        });
    }

    phone(msisdn, options) {
        const phone = new Phone(this, msisdn, options);
        this.phones.set(msisdn, phone);
        return phone;
    }

    // An SMS from a subscriber, in UCS-2 where GSM 03.38 has not all of it; the status of the gateway's answer.
    async text(msisdn, text, code = '384') {
        const response = await this.request('deliver_sm', {
            source_addr_ton: 1, source_addr_npi: 1, source_addr: msisdn,
            destination_addr: code, data_coding: smpp.encodings.ASCII.match(text) ? 0 : 8, short_message: text,
        });
        return response && response.command_status;
    }

    // The n-th SMS (from 0) that arrived for a subscriber.
    async smsFor(msisdn, n = 0) {
        return until(() => `SMS ${n} for ${msisdn}; there are: ${JSON.stringify(this.sms.map((s) => s.text))}`,
            () => this.sms.filter((s) => s.msisdn === msisdn)[n]);
    }

    // The connections of now break, as by a cable cut; the port stays open.
    drop() {
        for (const session of this.sessions.splice(0))
            session.destroy();
    }

    async close() {
        this.drop();
        this.server.close();
    }
}

// A subscriber's handset on that centre, in the baseline dialect (ussd_service_op, its_session_info).
class Phone {
    constructor(centre, msisdn, { code = '*384#', ton = 1 } = {}) {
        Object.assign(this, { centre, msisdn, code, ton, id: 0, screens: [] });
    }

    onScreen(pdu, text) {
        const ended = [OP.END, OP.NOTIFY].includes(pdu.ussd_service_op) || (pdu.its_session_info?.[1] & 1) === 1;
        // Without a name the gateway opens a dialogue; the centre names it with the answer.
        if (!pdu.its_session_info)
            this.info = Buffer.from([this.id = (this.id + 1) % 256, 0]);
        this.info = pdu.its_session_info ?? this.info;
        this.screens.push({ text, ended, op: pdu.ussd_service_op, info: pdu.its_session_info, pdu });
    }

    async send(op, text, info) {
        const response = await this.centre.request('deliver_sm', {
            service_type: 'USSD', source_addr_ton: this.ton, source_addr_npi: 1, source_addr: this.msisdn,
            destination_addr: this.code, data_coding: 0, short_message: text,
            ussd_service_op: op, its_session_info: info,
        });
        return response && response.command_status;
    }

    async nextScreen(seen) {
        return until(() => `a screen after ${JSON.stringify(this.screens.at(-1)?.text)}`,
            () => this.screens[seen]);
    }

    // Dials; the screen that came.
    async dial(text = '*384#') {
        const seen = this.screens.length;
        this.id = (this.id + 1) % 256;
        this.info = Buffer.from([this.id, 0]);
        this.status = await this.send(OP.BEGIN, text, this.info);
        return this.nextScreen(seen);
    }

    async answer(text) {
        const seen = this.screens.length;
        this.status = await this.send(OP.ANSWER, text, this.info);
        return this.nextScreen(seen);
    }

    // Dials and answers in turn; the last screen.
    async walk(...inputs) {
        let screen;
        for (const input of inputs)
            screen = await (/^\*.*#$/.test(input) ? this.dial(input) : this.answer(input));
        return screen;
    }
}

module.exports = { Centre, OP, Phone };
