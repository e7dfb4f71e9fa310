import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout as wait } from 'node:timers/promises';

export interface StreamPlan {
	/** Milliseconds before the head and the first event. */
	thinkMs: number;
	/** Events besides the first and the last two. */
	events: number;
	/** Characters of text in each. */
	textLength: number;
	/** Milliseconds after so many events. */
	pauseMs: number;
	eventsPerPause: number;
}

/** A provider of chat completion streams that does nothing but write. */
export interface StreamProvider {
	readonly url: string;
	plan: StreamPlan;
	/** When the first byte of the answer to each request body was written, by `performance.now()`. */
	readonly began: Map<string, number>;
	stop(): Promise<void>;
}

const chunk = (delta: object, finish: string | null = null): string =>
	`data: ${JSON.stringify({
		id: 'chatcmpl-AbCdEfGhIjKlMnOpQrStUvWxYz012',
		object: 'chat.completion.chunk',
		created: 1_767_225_600,
		model: 'gpt-4o-2024-11-20',
		service_tier: 'default',
		system_fingerprint: 'fp_0123456789',
		choices: [{ index: 0, delta, logprobs: null, finish_reason: finish }],
	})}\n\n`;

export async function startStreamProvider(initial: StreamPlan): Promise<StreamProvider> {
	const began = new Map<string, number>();
	const server = createServer((request, response) => {
		void (async () => {
			const body = await text(request);
			await wait(provider.plan.thinkMs);
			began.set(body, performance.now());
			await answer(response, provider.plan);
		})();
	});
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
	const provider: StreamProvider = {
		url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
		plan: initial,
		began,
		stop: async () => {
			server.closeAllConnections();
			await new Promise((resolve) => server.close(resolve));
		},
	};
	return provider;
}

async function answer(response: ServerResponse, plan: StreamPlan): Promise<void> {
	response.setMaxListeners(0);
	response.writeHead(200, { 'content-type': 'text/event-stream' });
	response.write(chunk({ role: 'assistant', content: '' }));
	const piece = chunk({ content: 'word '.repeat(plan.textLength / 5) });
	for (let sent = 0; sent < plan.events; sent++) {
		if (sent % plan.eventsPerPause === 0 && plan.pauseMs > 0) await wait(plan.pauseMs);
		const flowing = response.write(piece);
		if (!flowing) await new Promise((resolve) => response.once('drain', resolve).once('close', resolve));
		if (response.destroyed) return;
	}
	response.end(`${chunk({}, 'stop')}data: [DONE]\n\n`);
}
