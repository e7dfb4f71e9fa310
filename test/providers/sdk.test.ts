import Anthropic from '@anthropic-ai/sdk';
import { Mistral } from '@mistralai/mistralai';
import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { JsonObject, Provider } from '../../src/contract.ts';
import { dialects } from '../../src/providers/registry.ts';
import { replayText, streamText, wholeFixtures, type Fixture, type WholeFixture } from './support/fixtures.ts';
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

/** Mistral's SDK hands out chunks and joins nothing: what they say together is what a caller reads from them. */
const readMistral: Reader = async (fixture) => {
	const client = new Mistral({ apiKey: 'key', serverURL: server.url });
	const stream = await client.chat.stream(parameters(fixture));
	const choices: { content: string; parts: unknown[]; toolCalls: Call[]; finishReason: string | null }[] = [];
	let usage: unknown;
	for await (const { data } of stream) {
		usage = data.usage ?? usage;
		for (const { index, delta, finishReason } of data.choices) {
			const choice = (choices[index] ??= { content: '', parts: [], toolCalls: [], finishReason: null });
			if (typeof delta.content === 'string') choice.content += delta.content;
			else for (const part of delta.content ?? []) choice.parts.push(...leaves(part));
			for (const call of delta.toolCalls ?? []) addCall(choice.toolCalls, call as Call);
			choice.finishReason = finishReason ?? choice.finishReason;
		}
	}
	return choices.map((choice) => ({ ...choice, usage, ...textOf(choice) }));
};

interface Call {
	id: string;
	function: { name: string; arguments: string };
}

/** The SDK gives a call that goes on the id "null". */
function addCall(calls: Call[], call: Call): void {
	const last = calls.at(-1);
	if (call.id === 'null' && last) last.function.arguments += call.function.arguments;
	else calls.push(call);
}

/** A part's texts and marks apart, so that it does not matter in how many pieces it came. */
function leaves(part: object): unknown[] {
	if ('thinking' in part) return (part.thinking as object[]).map((inner) => ({ thought: inner }));
	return [part];
}

function textOf(choice: { content: string; parts: unknown[] }) {
	const kinds = { thought: '', text: '', marks: [] as unknown[] };
	for (const part of choice.parts as { thought?: { text: string }; text?: string }[]) {
		if (part.thought) kinds.thought += part.thought.text;
		else if (part.text !== undefined) kinds.text += part.text;
		else kinds.marks.push(part);
	}
	return { parts: [], content: kinds.text + choice.content, thought: kinds.thought, marks: kinds.marks };
}

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
