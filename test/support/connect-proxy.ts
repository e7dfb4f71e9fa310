import { createServer, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, connect, type Socket } from 'node:net';

export interface ConnectProxyOptions {
	/** As `name:password`; other requests get 407. */
	credentials?: string;
	/** Answers every CONNECT with this status. */
	status?: number;
	/** Accepts connections and never answers. */
	hangs?: boolean;
	/** Closes the connection at each CONNECT. */
	closes?: boolean;
	/** Is itself reached over TLS. */
	tls?: { key: string; cert: string };
}

/** A proxy that knows CONNECT alone. */
export interface ConnectProxy {
	readonly port: number;
	/** The targets that were asked for, as `host:port`. */
	readonly targets: string[];
	close(): Promise<void>;
}

export async function startConnectProxy(options: ConnectProxyOptions = {}): Promise<ConnectProxy> {
	const { credentials, status, hangs = false, closes = false, tls } = options;
	const expected = credentials === undefined ? null : `Basic ${Buffer.from(credentials).toString('base64')}`;
	const targets: string[] = [];
	const sockets = new Set<Socket>();
	const server: Server = tls ? createTlsServer(tls) : createServer();
	server.on('connection', (socket: Socket) => sockets.add(socket));
	server.on('connect', (request, client: Socket) => {
		client.on('error', () => client.destroy());
		targets.push(request.url ?? '');
		if (hangs) return;
		if (closes) return void client.destroy();
		const refusal = expected !== null && request.headers['proxy-authorization'] !== expected ? 407 : status;
		if (refusal !== undefined) return void client.end(`HTTP/1.1 ${refusal} No\r\nContent-Length: 4\r\n\r\nno!\n`);
		const { hostname, port } = new URL(`http://${request.url ?? ''}`);
		const target = connect(Number(port || 80), hostname.replace(/^\[|\]$/g, ''), () => {
			client.write('HTTP/1.1 200 Connection Established\r\n\r\n');
			target.pipe(client).pipe(target);
		});
		sockets.add(target);
		target.on('error', () => client.destroy());
	});
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
	return {
		port: (server.address() as AddressInfo).port,
		targets,
		close: async () => {
			for (const socket of sockets) socket.destroy();
			await new Promise((resolve) => server.close(resolve));
		},
	};
}
