// What lies between a centre and the gateways. Partners have a balancer before two of them: one address, and each
// connection goes to the next gateway, or to the one after it where that takes none. A road may be long, and one end
// of it may speak TLS, which warung-smsc does not.
'use strict';

const fs = require('node:fs');
const net = require('node:net');
const { Transform } = require('node:stream');
const tls = require('node:tls');

// Octets come so much later, and by chance up to `jitterMs` more, in the order that they went.
class Distance extends Transform {
    constructor(ms, jitterMs) {
        super();
        Object.assign(this, { ms, jitterMs, underWay: [] });
    }

    _transform(octets, encoding, done) {
        this.underWay.push({ octets, dueMs: Date.now() + this.ms + Math.random() * this.jitterMs });
        if (this.underWay.length === 1)
            this.waitForFirst();
        done();
    }

    waitForFirst() {
        setTimeout(() => this.arrive(), this.underWay[0].dueMs - Date.now());
    }

    arrive() {
        if (this.destroyed)
            return;
        const nowMs = Date.now();
        while (this.underWay.length > 0 && this.underWay[0].dueMs <= nowMs + 1)
            this.push(this.underWay.shift().octets);
        if (this.underWay.length > 0)
            this.waitForFirst();
        else
            this.onEmpty?.();
    }

    _flush(done) {
        if (this.underWay.length === 0)
            done();
        else
            this.onEmpty = done;
    }
}

// The end of a peer's own: said between two of its PDUs, and the answer is not for it.
const UNBIND = Buffer.from('0000001000000006000000007ffffff0', 'hex');
const UNBIND_RESP = Buffer.from('0000001080000006000000007ffffff0', 'hex');

class Pdus extends Transform {
    constructor() {
        super();
        this.rest = Buffer.alloc(0);
    }

    _transform(octets, encoding, done) {
        const whole = []; // in one piece again, as an answer and its screen are sent
        this.rest = Buffer.concat([this.rest, octets]);
        while (this.rest.length >= 4 && this.rest.length >= this.rest.readUInt32BE(0)) {
            const pdu = this.rest.subarray(0, this.rest.readUInt32BE(0));
            this.rest = this.rest.subarray(pdu.length);
            if (!pdu.equals(UNBIND_RESP))
                whole.push(pdu);
        }
        if (whole.length > 0)
            this.push(Buffer.concat(whole));
        done();
    }

    unbind() {
        if (!this.destroyed && !this.writableEnded)
            this.push(UNBIND);
    }
}

// How connections are taken (with allowHalfOpen), and how the next leg is dialled; `word` tells that it is there.
const PLAIN = {
    listen: (onSocket) => net.createServer({ allowHalfOpen: true }, onSocket),
    dial: (port) => net.connect({ port, host: '127.0.0.1', allowHalfOpen: true }),
    word: 'connect',
};

// Gateways dial this end; at the other is a centre.
const fromGateways = { ...PLAIN, isOfGateways: true };

const identityOf = ({ cert, key }) => ({ cert: fs.readFileSync(cert), key: fs.readFileSync(key) });

const tlsInFront = (certificate) => ({
    ...fromGateways, listen: (onSocket) => tls.createServer({ ...identityOf(certificate), allowHalfOpen: true }, onSocket),
});

// The end of a road that leads to gateways.
const tlsBehind = ({ ca }) => ({
    ...PLAIN, word: 'secureConnect',
    dial: (port) => tls.connect({ port, host: '127.0.0.1', servername: 'localhost', ca: fs.readFileSync(ca), allowHalfOpen: true }),
});

class Road {
    // ports: where it leads; delayMs: for one way, and jitterMs more at most.
    constructor(ports, { delayMs = 0, jitterMs = 0, ends = PLAIN } = {}) {
        Object.assign(this, { ports, delayMs, jitterMs, ends, sockets: new Set(), peers: new Set(), next: 0 });
    }

    async listen(port) {
        this.server = this.ends.listen((client) => {
            this.keep(client);
            this.forward(client, this.next++, this.ports.length);
        });
        this.server.on('tlsClientError', () => {}); // one that was killed in its handshake
        await new Promise((resolve) => this.server.listen(port, '127.0.0.1', resolve));
        this.port = this.server.address().port;
        return this;
    }

    keep(socket) {
        this.sockets.add(socket);
        socket.setNoDelay(true);
        socket.on('error', () => socket.destroy());
        socket.on('close', () => this.sockets.delete(socket));
    }

    forward(client, at, left) {
        if (left === 0 || client.destroyed) {
            client.destroy();
            return;
        }
        const server = this.ends.dial(this.ports[at % this.ports.length]);
        let isConnected = false;
        this.keep(server);
        server.on(this.ends.word, () => {
            isConnected = true;
            const [toGateway, toPeer] = [new Pdus(), new Pdus()];
            this.lead(client, this.ends.isOfGateways ? toPeer : toGateway, server);
            this.lead(server, this.ends.isOfGateways ? toGateway : toPeer, client);
            this.peers.add(toGateway);
            client.on('close', () => this.peers.delete(toGateway));
        });
        server.on('close', () => isConnected || this.forward(client, at + 1, left - 1));
    }

    // What one end has said before its own end, the other hears.
    lead(from, pdus, to) {
        from.pipe(pdus);
        if (this.delayMs === 0)
            pdus.pipe(to);
        else
            pdus.pipe(new Distance(this.delayMs, this.jitterMs)).pipe(to);
        from.on('close', () => (this.delayMs === 0 ? to.destroy() : setTimeout(() => to.destroy(), this.delayMs + this.jitterMs)));
        if (from.destroyed)
            to.destroy();
    }

    // Who comes next is shown this certificate, where this end shows one.
    renew(certificate) {
        this.server.setSecureContext?.(identityOf(certificate));
    }

    // Each peer of the gateways ends its bind in order.
    unbind() {
        this.peers.forEach((peer) => peer.unbind());
    }

    close() {
        this.server.close();
        for (const socket of this.sockets)
            socket.destroy();
    }
}

module.exports = { Road, fromGateways, tlsBehind, tlsInFront };
