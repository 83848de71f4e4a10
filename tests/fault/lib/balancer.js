// What partners have before two gateways: one address, and each connection goes to the next gateway, or to
// the one after it where that takes none.
'use strict';

const net = require('node:net');

class Balancer {
    constructor(ports) {
        Object.assign(this, { ports, sockets: new Set(), next: 0 });
    }

    async listen(port) {
        this.server = net.createServer({ allowHalfOpen: true }, (client) => {
            this.keep(client);
            this.forward(client, this.next++, this.ports.length);
        });
        await new Promise((resolve) => this.server.listen(port, '127.0.0.1', resolve));
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
        const server = net.connect({ port: this.ports[at % this.ports.length], host: '127.0.0.1', allowHalfOpen: true });
        let isConnected = false;
        this.keep(server);
        server.on('connect', () => {
            isConnected = true;
            client.pipe(server);
            server.pipe(client);
            client.on('close', () => server.destroy());
        });
        server.on('close', () => (isConnected ? client.destroy() : this.forward(client, at + 1, left - 1)));
    }

    close() {
        this.server.close();
        for (const socket of this.sockets)
            socket.destroy();
    }
}

module.exports = { Balancer };
