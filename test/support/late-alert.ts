import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';

import type { Certificate } from './certificates.ts';

/** An alert (`decode_error`) as a box on the way may send it, which no key protects. */
const ALERT = Buffer.from('15030300020232', 'hex');

/**
 * A TLS server that adds an alert to what ends its handshake, in the same segment: a client that refuses the
 * certificate meets a second error on a socket that it has given up.
 */
export async function startLateAlertServer(
	{ cert, key }: Certificate,
	maxVersion: 'TLSv1.2' | 'TLSv1.3',
): Promise<{ port: number; connections: () => number; close(): void }> {
	const tls = createTlsServer({ cert, key, maxVersion });
	tls.on('tlsClientError', () => {});
	tls.listen(0, '127.0.0.1');
	await once(tls, 'listening');
	let connections = 0;
	const sockets = new Set<Socket>();
	const relay = createServer((client) => {
		connections++;
		const server = connect((tls.address() as AddressInfo).port, '127.0.0.1');
		for (const socket of [client, server]) {
			sockets.add(socket);
			socket.on('error', () => {}).on('close', () => sockets.delete(socket));
		}
		client.on('data', (bytes) => server.write(bytes)).on('close', () => server.destroy());
		let segments = 0;
		const last = maxVersion === 'TLSv1.2' ? 2 : 1;
		server.on('data', (bytes) => client.write(++segments >= last ? Buffer.concat([bytes, ALERT]) : bytes));
		server.on('close', () => client.destroy());
	});
	relay.listen(0, '127.0.0.1');
	await once(relay, 'listening');
	return {
		port: (relay.address() as AddressInfo).port,
		connections: () => connections,
		close: () => {
			relay.close();
			tls.close();
			for (const socket of sockets) socket.destroy();
		},
	};
}
