import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** Passes connections on to a local port, and can hold up what comes back over some of them without closing any. */
export interface TcpProxy {
	readonly port: number;
	/** From now on nothing comes back over the open connections that have sent the text (lower case). */
	holdUp(text: string): void;
	/** From now on new connections go to another port; those that are open stay. */
	leadTo(port: number): void;
	/** From now on nothing that is sent over the open connections arrives, and none of them closes. */
	swallow(): void;
	/** Everything goes on again. */
	letGo(): void;
	/** How often the text (lower case) was sent over connections that are open since something was held up. */
	timesSent(text: string): number;
	close(): Promise<void>;
}

interface Passage {
	client: Socket;
	target: Socket;
	sent: string;
}

export async function startTcpProxy(firstPort: number): Promise<TcpProxy> {
	let targetPort = firstPort;
	const passages = new Set<Passage>();
	const server = createServer((client) => {
		const target = connect(targetPort, '127.0.0.1');
		const passage: Passage = { client, target, sent: '' };
		passages.add(passage);
		const end = (): void => {
			passages.delete(passage);
			client.destroy();
			target.destroy();
		};
		for (const socket of [client, target]) socket.on('error', end).on('close', end);
		client.on('data', (bytes) => {
			passage.sent = (passage.sent + bytes.toString('latin1').toLowerCase()).slice(-10_000);
			target.write(bytes);
		});
		target.on('data', (bytes) => client.write(bytes));
	});
	server.listen(0, '127.0.0.1');
	await once(server, 'listening');
	return {
		port: (server.address() as AddressInfo).port,
		holdUp: (text) => {
			for (const passage of passages) {
				if (passage.sent.includes(text)) passage.target.pause();
				passage.sent = '';
			}
		},
		leadTo: (port) => {
			targetPort = port;
		},
		swallow: () => {
			for (const { client } of passages) client.pause();
		},
		letGo: () => {
			for (const { client, target } of passages) {
				target.resume();
				client.resume();
			}
		},
		timesSent: (text) => [...passages].reduce((times, { sent }) => times + sent.split(text).length - 1, 0),
		close: async () => {
			for (const { client } of passages) client.destroy();
			server.close();
			await once(server, 'close');
		},
	};
}
