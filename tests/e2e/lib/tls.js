// Certificates of a test: an authority of its own and what it signs; and relays that put TLS in front of
// plain SMPP or take it off.
'use strict';

const assert = require('node:assert/strict');
const fs = require('node:fs');
const net = require('node:net');
const path = require('node:path');
const tls = require('node:tls');

const { run } = require('./process');

async function openssl(...args) {
    const made = await run('openssl', args);
    assert.equal(made.code, 0, made.output);
}

const KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];

// { cert, issue(name, host, days) }; issue gives { cert, key, both }: files, `both` holding key and certificate.
async function makeAuthority(folder) {
    const file = (name) => path.join(folder, name);
    const [cert, key] = [file('ca.pem'), file('ca.key')];
    await openssl('req', '-x509', ...KEY, '-keyout', key, '-out', cert, '-days', '2', '-subj', '/CN=test CA');
    const issue = async (name, host = name, days = 2) => {
        const made = { cert: file(`${name}.pem`), key: file(`${name}.key`), both: file(`${name}.both`) };
        await openssl('req', '-x509', ...KEY, '-keyout', made.key, '-out', made.cert, '-days', String(days), '-subj', `/CN=${name}`,
            '-addext', `subjectAltName=DNS:${host}`, '-addext', 'basicConstraints=critical,CA:FALSE', '-CA', cert, '-CAkey', key);
        fs.writeFileSync(made.both, fs.readFileSync(made.key) + fs.readFileSync(made.cert));
        return made;
    };
    return { cert, issue };
}

// Octets pass unchanged.
class Relay {
    // make(onSocket) gives the server, dial() a socket to where it leads.
    constructor(make, dial) {
        this.sockets = new Set();
        this.server = make((socket) => {
            const other = dial();
            for (const [from, to] of [[socket, other], [other, socket]]) {
                this.sockets.add(from);
                from.on('error', () => {});
                from.on('close', () => {
                    this.sockets.delete(from);
                    to.destroy();
                });
                from.setNoDelay(true);
                from.pipe(to);
            }
        });
        this.server.on('tlsClientError', () => {});
    }

    listen() {
        return new Promise((resolve) => this.server.listen(0, '127.0.0.1', () => {
            this.port = this.server.address().port;
            resolve(this);
        }));
    }

    close() {
        this.server.close();
        this.sockets.forEach((socket) => socket.destroy());
    }
}

const tlsInFront = (port, certificate) => new Relay(
    (onSocket) => tls.createServer({ cert: fs.readFileSync(certificate.cert), key: fs.readFileSync(certificate.key) }, onSocket),
    () => net.connect(port, '127.0.0.1')).listen();

const plainInFront = (port, ca) => new Relay(
    (onSocket) => net.createServer(onSocket),
    () => tls.connect({ port, host: '127.0.0.1', servername: 'localhost', ca: fs.readFileSync(ca) })).listen();

module.exports = { makeAuthority, plainInFront, tlsInFront };
