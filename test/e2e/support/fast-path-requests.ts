import { ADMIN } from './process.ts';
import type { HeaderLine, RawRequest } from './raw-http.ts';

let prompts = 0;

/** A text that was not asked before. */
export const text = (): string => `Request ${++prompts}`;
const asked = () => [{ role: 'user', content: text() }];
/** A request for each way to ask: its target, and a body that was not asked before. */
const ROUTES: Record<string, [target: string, body: () => object]> = {
	native: ['/ai-cache/generate', () => ({ provider: 'openai', model: 'gpt-4o-mini', prompt: text() })],
	chat: ['/ai-cache/openai/v1/chat/completions', () => ({ model: 'gpt-4o-mini', messages: asked() })],
	stream: ['/ai-cache/mistral/v1/chat/completions', () => ({ model: 'm', stream: true, messages: asked() })],
	responses: ['/ai-cache/openai/v1/responses', () => ({ model: 'gpt-4o-mini', input: text() })],
	messages: [
		'/ai-cache/anthropic/v1/messages',
		() => ({ model: 'claude-haiku-4-5', max_tokens: 50, messages: asked() }),
	],
	embedding: ['/ai-cache/openai/v1/embeddings', () => ({ model: 'text-embedding-3-small', input: text() })],
	embeddings: [
		'/ai-cache/mistral/v1/embeddings',
		() => ({ model: 'mistral-embed', input: [text(), text(), text()], encoding_format: 'float' }),
	],
};
export const ROUTES_OF_LANE = Object.keys(ROUTES);

export const HOST: HeaderLine = ['Host', 'localhost'];
export const TOKEN: HeaderLine = ['Authorization', `Bearer ${ADMIN.token}`];
export const JSON_TYPE: HeaderLine = ['Content-Type', 'application/json'];

/** A request by an admin. `name`: one of the routes. */
export function requestTo(name: string): RawRequest & { body: string } {
	const [target, make] = ROUTES[name]!;
	return withBody({ target, headers: [HOST, TOKEN, JSON_TYPE], body: '' }, JSON.stringify(make()));
}

/** With these headers in place of those of the same names. */
export const withHeaders = (request: RawRequest, ...more: HeaderLine[]): RawRequest => {
	const replaced = new Set(more.map(([name]) => name));
	return { ...request, headers: [...request.headers.filter(([name]) => !replaced.has(name)), ...more] };
};
/** With that body and its length. */
export const withBody = <Body extends string | Buffer>(
	request: RawRequest,
	body: Body,
): RawRequest & { body: Body } => ({
	...withHeaders(request, ['Content-Length', String(Buffer.byteLength(body))]),
	body,
});
