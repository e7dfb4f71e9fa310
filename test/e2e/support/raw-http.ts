import { connect, type Socket } from 'node:net';

import type { Answer } from './fast-path.ts';

export type HeaderLine = readonly [name: string, value: string];

/** What no HTTP client sends of its own accord: header lines as they are, repeated and in their order. */
export interface RawRequest {
	method?: string;
	target: string;
	headers: readonly HeaderLine[];
	body?: string | Buffer;
}

const CRLF = '\r\n';

export function rawBytes({ method = 'POST', target, headers, body = '' }: RawRequest): Buffer {
	const lines = headers.map(([name, value]) => `${name}: ${value}`);
	const head = [`${method} ${target} HTTP/1.1`, ...lines, '', ''].join(CRLF);
	return Buffer.concat([Buffer.from(head, 'latin1'), Buffer.from(body)]);
}

/** One connection that writes bytes and reads answers, in order. */
export class RawConnection {
	readonly socket: Socket;
	#received: Buffer = Buffer.alloc(0);
	#closed = false;
	#wake: () => void = () => {};

	private constructor(socket: Socket) {
		this.socket = socket;
		socket.on('data', (chunk: Buffer) => {
			this.#received = Buffer.concat([this.#received, chunk]);
			this.#wake();
		});
		socket.on('error', () => {});
		socket.on('close', () => {
			this.#closed = true;
			this.#wake();
		});
	}

	static async open(url: string): Promise<RawConnection> {
		const { hostname, port } = new URL(url);
		const socket = connect(Number(port), hostname);
		await new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject));
		return new RawConnection(socket);
	}

	write(bytes: Buffer | string): void {
		this.socket.write(bytes);
	}

	/** The next answer, or null where the connection ended before one. `bodyless`: as to a HEAD. */
	async answer(bodyless = false): Promise<(Answer & { bytes: Buffer }) | null> {
		const head = await this.#until(() => {
			const end = this.#received.indexOf(CRLF + CRLF);
			return end === -1 ? null : this.#take(end + 4).toString('latin1');
		});
		if (head === null) return null;
		const [first = '', ...lines] = head.trimEnd().split(CRLF);
		const headers: Record<string, string> = {};
		for (const line of lines) {
			const at = line.indexOf(':');
			const name = line.slice(0, at).toLowerCase();
			const value = line.slice(at + 1).trim();
			headers[name] = name in headers ? `${headers[name]}, ${value}` : value;
		}
		const status = Number(first.split(' ')[1]);
		const bytes = status < 200 || status === 204 || bodyless ? Buffer.alloc(0) : await this.#body(headers);
		return { status, headers, body: bytes.toString(), bytes };
	}

	close(): void {
		this.socket.destroy();
	}

	async #body(headers: Record<string, string>): Promise<Buffer> {
		if (headers['transfer-encoding'] === undefined) {
			const length = Number(headers['content-length'] ?? 0);
			return (await this.#until(() => (this.#received.length < length ? null : this.#take(length)))) ?? Buffer.alloc(0);
		}
		const chunks: Buffer[] = [];
		for (;;) {
			const chunk = await this.#until(() => {
				const end = this.#received.indexOf(CRLF);
				if (end === -1) return null;
				const size = parseInt(this.#received.subarray(0, end).toString(), 16);
				if (this.#received.length < end + 4 + size) return null;
				this.#take(end + 2);
				const data = this.#take(size);
				this.#take(2);
				return data;
			});
			if (chunk === null || chunk.length === 0) return Buffer.concat(chunks);
			chunks.push(chunk);
		}
	}

	#take(length: number): Buffer {
		const taken = this.#received.subarray(0, length);
		this.#received = this.#received.subarray(length);
		return taken;
	}

	async #until<Found>(look: () => Found | null): Promise<Found | null> {
		for (;;) {
			const found = look();
			if (found !== null || this.#closed) return found;
			await new Promise<void>((resolve) => (this.#wake = resolve));
		}
	}
}

/** One request on a connection of its own. */
export async function sendRaw(url: string, request: RawRequest): Promise<(Answer & { bytes: Buffer }) | null> {
	const connection = await RawConnection.open(url);
	try {
		connection.write(rawBytes(request));
		return await connection.answer(request.method === 'HEAD');
	} finally {
		connection.close();
	}
}
