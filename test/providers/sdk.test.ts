import Anthropic from '@anthropic-ai/sdk';
import { Mistral } from '@mistralai/mistralai';
import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { JsonObject, Provider } from '../../src/shared/api-types.ts';
import { dialects } from '../../src/providers/registry.ts';
import { replayText, streamText, wholeFixtures, type Fixture, type WholeFixture } from './support/fixtures.ts';
import { readMistralChunks } from './support/mistral-chunks.ts';
import { ProviderServer } from './support/provider-server.ts';

let server: ProviderServer;

beforeAll(async () => {
	server = await new ProviderServer().listen();
});

afterAll(() => server.close());

/** What a provider's own SDK makes of an event stream. */
type Reader = (fixture: WholeFixture) => Promise<unknown>;

const options = () => ({ apiKey: 'key', maxRetries: 0 });
const parameters = (fixture: Fixture) => structuredClone(fixture.request) as never;

const readChat: Reader = (fixture) => {
	const client = new OpenAI({ ...options(), baseURL: server.url });
	return client.chat.completions.stream(parameters(fixture)).finalChatCompletion();
};

const readResponse: Reader = (fixture) => {
	const client = new OpenAI({ ...options(), baseURL: server.url });
	return client.responses.stream(parameters(fixture)).finalResponse();
};

const readMessage: Reader = (fixture) => {
	const client = new Anthropic({ ...options(), baseURL: server.url });
	const current: Fixture = { ...fixture, request: { ...fixture.request, model: 'claude-of-today' } };
	return client.messages.stream(parameters(current)).finalMessage();
};

const readMistral: Reader = async (fixture) => {
	const client = new Mistral({ apiKey: 'key', serverURL: server.url });
	return readMistralChunks(await client.chat.stream(parameters(fixture)));
};

const readers: Record<Provider, (fixture: WholeFixture) => Reader> = {
	openai: (fixture) => (fixture.operation === 'responses' ? readResponse : readChat),
	deepseek: () => readChat,
	anthropic: () => readMessage,
	mistral: () => readMistral,
};

async function through(reader: Reader, fixture: WholeFixture, text: string): Promise<unknown> {
	server.handler = (_request, response) => response.writeHead(200, { 'content-type': 'text/event-stream' }).end(text);
	// The SDK hands on the padding that OpenAI adds to a chunk against eavesdroppers.
	return JSON.parse(
		JSON.stringify(await reader(fixture), (name, value: unknown) => (name === 'obfuscation' ? undefined : value)),
	) as unknown;
}

describe.each(Object.keys(readers) as Provider[])('the SDK that speaks to %s', (provider) => {
	it.each(wholeFixtures(provider))('reads the same from a replay as from the stream itself: $name', async (fixture) => {
		const reader = readers[provider](fixture);
		const original = await through(reader, fixture, streamText(fixture));
		const replayed = await through(reader, fixture, replayText(dialects[provider], fixture));
		expect(replayed).toEqual(original);
		expect(JSON.stringify(replayed)).toContain(idOf(fixture.body, provider));
	});
});

/** Something of the answer that the SDK hands on, so that two empty readings are not called equal. */
function idOf(body: JsonObject, provider: Provider): string {
	return provider === 'mistral' ? 'finishReason' : JSON.stringify(body['id']);
}
