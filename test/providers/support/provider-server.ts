import http from 'node:http';
import type { AddressInfo } from 'node:net';

export type Handler = (request: http.IncomingMessage, response: http.ServerResponse, attempt: number) => void;

/** A local HTTP server whose answers a test writes byte by byte. */
export class ProviderServer {
	handler: Handler = (_request, response) => void response.end();
	/** Requests received. */
	attempts = 0;
	readonly #server = http.createServer((request, response) => this.handler(request, response, ++this.attempts));

	async listen(host = '127.0.0.1'): Promise<this> {
		await new Promise<void>((resolve) => this.#server.listen(0, host, resolve));
		return this;
	}

	get url(): string {
		const { address, family, port } = this.#server.address() as AddressInfo;
		return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
	}

	async close(): Promise<void> {
		this.#server.closeAllConnections();
		await new Promise((resolve) => this.#server.close(resolve));
	}
}
