import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** Passes connections on to a local port until it is told to misbehave. */
export interface FaultyProxy {
	readonly port: number;
	/** Where new connections go. Those that are open stay where they are. */
	setTarget(port: number): void;
	/** Whether a client's connection stays open, and silent, after its target closed it. */
	setKeepsConnections(keeps: boolean): void;
	/** Drops every byte in both directions without a reset, on new connections too. Ended: the connections that lost bytes are reset. */
	setSwallows(swallows: boolean): void;
	close(): Promise<void>;
}

export async function startFaultyProxy(targetPort: number): Promise<FaultyProxy> {
	const clients = new Set<Socket>();
	let state = { targetPort, keeps: false, swallows: false };
	const server = createServer((client) => {
		const target = connect(state.targetPort, '127.0.0.1');
		clients.add(client);
		client.on('data', (bytes) => !state.swallows && target.writable && target.write(bytes));
		target.on('data', (bytes) => !state.swallows && client.writable && client.write(bytes));
		client.on('error', () => client.destroy());
		client.on('close', () => {
			clients.delete(client);
			target.destroy();
		});
		target.on('error', () => target.destroy());
		target.on('close', () => !state.keeps && !state.swallows && client.destroy());
	});
	const resetAll = (): void => {
		for (const client of clients) client.destroy();
	};
	server.listen(0, '127.0.0.1');
	await once(server, 'listening');
	return {
		port: (server.address() as AddressInfo).port,
		setTarget: (port) => (state = { ...state, targetPort: port }),
		setKeepsConnections: (keeps) => (state = { ...state, keeps }),
		setSwallows: (swallows) => {
			if (state.swallows && !swallows) resetAll();
			state = { ...state, swallows };
		},
		close: async () => {
			resetAll();
			server.close();
			await once(server, 'close');
		},
	};
}
