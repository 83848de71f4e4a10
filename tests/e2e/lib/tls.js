// Certificates of a test: an authority of its own and what it signs.
'use strict';

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');

const { run } = require('./process');

async function openssl(...args) {
    const made = await run('openssl', args);
    assert.equal(made.code, 0, made.output);
}

const KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];

// { cert, issue(name) }; issue gives { cert, key, both }: files, `both` holding key and certificate.
async function makeAuthority(folder) {
    const file = (name) => path.join(folder, name);
    const [cert, key] = [file('ca.pem'), file('ca.key')];
    await openssl('req', '-x509', ...KEY, '-keyout', key, '-out', cert, '-days', '2', '-subj', '/CN=test CA');
    const issue = async (name) => {
        const made = { cert: file(`${name}.pem`), key: file(`${name}.key`), both: file(`${name}.both`) };
        await openssl('req', '-x509', ...KEY, '-keyout', made.key, '-out', made.cert, '-days', '2', '-subj', `/CN=${name}`,
            '-addext', `subjectAltName=DNS:${name}`, '-addext', 'basicConstraints=critical,CA:FALSE', '-CA', cert, '-CAkey', key);
        fs.writeFileSync(made.both, fs.readFileSync(made.key) + fs.readFileSync(made.cert));
        return made;
    };
    return { cert, issue };
}

module.exports = { makeAuthority };
