import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as wait } from 'node:timers/promises';

import { promptFor, readTitle, writeAnswer } from './truth.ts';

/** How long one generation takes, so that changes fall into it. */
export const PROVIDER_MS = 40;

interface ChatRequest {
	model: string;
	stream?: boolean;
	messages: { content: unknown }[];
}

/**
 * A provider whose answer names the version that its article had in Directus' database when the call arrived: a change
 * counts as soon as it is committed, which is before anybody is told of it.
 */
export async function startVersionProvider(
	articles: readonly number[],
	databaseFile: string,
	port: number,
): Promise<{ stop: () => Promise<void> }> {
	const database = new DatabaseSync(databaseFile, { readOnly: true, timeout: 5000 });
	const titles = database.prepare('SELECT title FROM articles WHERE id = ?');
	const answerTo = ({ messages }: ChatRequest): string => {
		const prompt = messages.at(-1)?.content;
		const article = articles.find((each) => prompt === promptFor(each));
		return article === undefined
			? 'An answer.'
			: writeAnswer(article, readTitle(String(titles.get(article)?.['title'])));
	};
	const server = createServer((incoming, response) => {
		void (async () => {
			const request = await readRequest(incoming);
			const text = answerTo(request);
			const head = { id: `chatcmpl-${Math.random()}`, created: 1_700_000_000, model: request.model };
			if (request.stream !== true) await wait(PROVIDER_MS);
			response.setHeader('content-type', request.stream === true ? 'text/event-stream' : 'application/json');
			if (request.stream !== true) {
				const message = { role: 'assistant', content: text };
				const choices = [{ index: 0, message, finish_reason: 'stop' }];
				const usage = { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 };
				response.end(JSON.stringify({ ...head, object: 'chat.completion', choices, usage }));
				return;
			}
			const half = Math.ceil(text.length / 2);
			for (const content of [text.slice(0, half), text.slice(half)]) {
				const choices = [{ index: 0, delta: { role: 'assistant', content }, finish_reason: null }];
				response.write(`data: ${JSON.stringify({ ...head, object: 'chat.completion.chunk', choices })}\n\n`);
				await wait(PROVIDER_MS / 2);
			}
			const choices = [{ index: 0, delta: {}, finish_reason: 'stop' }];
			response.write(`data: ${JSON.stringify({ ...head, object: 'chat.completion.chunk', choices })}\n\n`);
			response.end('data: [DONE]\n\n');
		})().catch(() => response.destroy());
	});
	server.listen(port, '127.0.0.1');
	await once(server, 'listening');
	return {
		stop: async () => {
			server.closeAllConnections();
			server.close();
			await once(server, 'close');
			database.close();
		},
	};
}

async function readRequest(incoming: IncomingMessage): Promise<ChatRequest> {
	let body = '';
	for await (const chunk of incoming) body += String(chunk);
	return JSON.parse(body) as ChatRequest;
}
