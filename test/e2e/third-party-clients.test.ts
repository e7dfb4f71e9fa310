import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

import type { AIMessageChunk } from '@langchain/core/messages';
import {
	embedMany,
	type EmbeddingModel,
	generateText,
	isStepCount,
	type LanguageModel,
	Output,
	streamText,
	tool,
	type ToolSet,
} from 'ai';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';

import type { Provider } from '../../src/shared/api-types.ts';
import type { ProviderEmulator } from '../support/provider-emulator.ts';
import { type Compatible, isAnsweredAgain as answeredAgain, startCompatible } from './support/compatible.ts';
import { type OtherClients, otherClients } from './support/third-party-clients.ts';
import { type AnswerRecorder, answerRecorder } from './support/sdks.ts';

let compatible: Compatible;
let emulator: ProviderEmulator;
let clients: OtherClients;
let recorder: AnswerRecorder;
let prompts = 0;

beforeAll(async () => {
	compatible = await startCompatible();
	emulator = compatible.emulator;
	recorder = answerRecorder();
	clients = otherClients(compatible.directus.url, compatible.caller.token, recorder);
});
afterAll(() => compatible.stop());
beforeEach(() => {
	emulator.reset();
	recorder.reset();
});

const question = (): string => `question ${++prompts}`;
const PLACE = z.object({ city: z.string() });
const OSLO = JSON.stringify({ city: 'Oslo' });
// The package's own types do not hold with `exactOptionalPropertyTypes`.
const WEATHER = { weather: tool({ description: 'The weather of a place', inputSchema: PLACE }) } as ToolSet;
const ROME = JSON.stringify({ city: 'Rome' });

const isAnsweredAgain = <Answer>(provider: Provider, call: () => PromiseLike<Answer>): Promise<Answer> =>
	answeredAgain(compatible, recorder, provider, call);

type AiSdkModel = keyof OtherClients['aiSdk'];

const AI_SDK: [AiSdkModel, Provider, string][] = [
	['responses', 'openai', '/openai/v1/responses'],
	['chat', 'openai', '/openai/v1/chat/completions'],
	['anthropic', 'anthropic', '/anthropic/v1/messages'],
	['mistral', 'mistral', '/mistral/v1/chat/completions'],
	['deepseek', 'deepseek', '/deepseek/chat/completions'],
];

/** What came from the provider, without the client's own measurements and the headers of one answer. */
interface Reading {
	text: string;
	finishReason: string;
	usage: unknown;
	toolCalls: { toolName: string; input: unknown }[];
	response: { id: string; modelId: string };
}

async function whole(options: Parameters<typeof generateText>[0]): Promise<Reading> {
	const result = await generateText({ ...options, maxRetries: 0 });
	const { text, finishReason, usage, toolCalls } = result;
	const { id, modelId } = result.finalStep.response;
	return { text, finishReason, usage, toolCalls, response: { id, modelId } };
}

async function streamed(options: Parameters<typeof streamText>[0]): Promise<Reading> {
	const result = streamText({ ...options, maxRetries: 0 });
	let text = '';
	for await (const delta of result.textStream) text += delta;
	const { id, modelId } = (await result.finalStep).response;
	return {
		text,
		finishReason: await result.finishReason,
		usage: await result.usage,
		toolCalls: await result.toolCalls,
		response: { id, modelId },
	};
}

describe.each(AI_SDK)('the AI SDK, by %s of %s', (name, provider, path) => {
	const model = (): LanguageModel => clients.aiSdk[name];

	it('is answered again whole, and from the same entry as a stream', async () => {
		const options = { model: model(), prompt: question() };
		const answer = await isAnsweredAgain(provider, () => whole(options));
		expect(answer.text).toContain(options.prompt);
		expect(answer.finishReason).toBe('stop');
		expect(await streamed(options)).toMatchObject({
			text: answer.text,
			finishReason: 'stop',
			response: answer.response,
		});
		expect((await generateText(options)).finalStep.response.headers?.['x-ai-cache']).toBe('HIT');
		expect(emulator.callsByPath()).toEqual({ [path]: 1 });
	});

	it('is answered again as a stream, and from the same entry whole', async () => {
		const options = { model: model(), prompt: question() };
		const answer = await isAnsweredAgain(provider, () => streamed(options));
		expect(answer.text).toContain(options.prompt);
		// The emulated Mistral tells no usage in a stream, and its client takes no whole answer without one.
		if (name === 'mistral') return;
		expect(await whole(options)).toMatchObject({ text: answer.text, response: answer.response });
		expect(emulator.calls()).toBe(1);
	});

	it.each([
		['whole', whole],
		['streaming', streamed],
	] as const)('gets parallel tool calls again, %s', async (_form, ask) => {
		emulator.setToolCalls([OSLO, ROME].map((place) => ({ name: 'weather', arguments: place })));
		const options = { model: model(), prompt: question(), tools: WEATHER };
		const { toolCalls, finishReason } = await isAnsweredAgain(provider, () => ask(options));
		expect(toolCalls.map(({ toolName, input }) => [toolName, input])).toEqual([
			['weather', { city: 'Oslo' }],
			['weather', { city: 'Rome' }],
		]);
		expect(finishReason).toBe('tool-calls');
	});

	it('gets one entry for tool calls, whole and streaming', async () => {
		emulator.setToolCalls([{ name: 'weather', arguments: OSLO }]);
		const options = { model: model(), prompt: question(), tools: WEATHER };
		const first = await whole(options);
		expect((await streamed(options)).toolCalls).toEqual(first.toolCalls);
		expect(recorder.statuses).toEqual(['MISS', 'HIT']);
	});

	it('goes through a loop of tool and answer a second time without a call upstream', async () => {
		emulator.setToolCalls([{ name: 'look', arguments: OSLO }]);
		const look = tool({ description: 'Looks', inputSchema: PLACE, execute: ({ city }) => `rain in ${city}` });
		const options = { model: model(), prompt: question(), tools: { look } as ToolSet, stopWhen: isStepCount(3) };
		const first = await whole(options);
		const calls = emulator.calls();
		expect(await whole(options)).toEqual(first);
		expect(calls).toBe(2);
		expect(emulator.calls()).toBe(2);
		expect(recorder.statuses).toEqual(['MISS', 'MISS', 'HIT', 'HIT']);
	});

	it('gets a structured answer again', async () => {
		emulator.setText(() => OSLO);
		emulator.setToolCalls([{ name: 'json', arguments: OSLO }]);
		const options = { model: model(), prompt: question(), output: Output.object({ schema: PLACE }) };
		const answer = await isAnsweredAgain(provider, async () => (await generateText(options)).output);
		expect(answer).toEqual({ city: 'Oslo' });
	});
});

describe.each(['openai', 'mistral'] as const)('embedMany of the AI SDK, by %s', (provider) => {
	it('asks for the inputs alone that are missing', async () => {
		const model: EmbeddingModel = clients.aiSdkEmbeddings[provider];
		const [one, two, three] = [question(), question(), question()];
		const embed = async (values: string[]) => {
			const { embeddings, usage } = await embedMany({ model, values, maxRetries: 0 });
			return { embeddings, usage };
		};
		const first = await isAnsweredAgain(provider, () => embed([one, two]));
		const { embeddings } = await embed([two, three, one]);
		expect([embeddings[2], embeddings[0]]).toEqual(first.embeddings);
		expect(emulator.calls()).toBe(2);
		expect(emulator.requests[1]?.rawBody.toString()).not.toContain(one);
	});
});

type LangChainModel = keyof OtherClients['langChain'];

describe.each<[LangChainModel, Provider, string]>([
	['chat', 'openai', '/openai/v1/chat/completions'],
	['responses', 'openai', '/openai/v1/responses'],
	['anthropic', 'anthropic', '/anthropic/v1/messages'],
])('LangChain, by %s of %s', (name, provider, path) => {
	const stream = async (prompt: string): Promise<AIMessageChunk> => {
		let message: AIMessageChunk | undefined;
		for await (const chunk of await clients.langChain[name].stream(prompt)) message = message?.concat(chunk) ?? chunk;
		return message!;
	};

	it('is answered again by invoke, and from the same entry by stream', async () => {
		const prompt = question();
		const answer = await isAnsweredAgain(provider, () => clients.langChain[name].invoke(prompt));
		expect(answer.text).toContain(prompt);
		const { text, id } = await stream(prompt);
		expect([text, id]).toEqual([answer.text, answer.id]);
		expect(emulator.callsByPath()).toEqual({ [path]: 1 });
	});

	it('is answered again by stream, and from the same entry by invoke', async () => {
		// LangChain adds up what Anthropic's start and end tell; the start tells one token, as a replay does.
		emulator.setUsage({ input_tokens: 7, output_tokens: 1 });
		const prompt = question();
		const answer = await isAnsweredAgain(provider, () => stream(prompt));
		expect(answer.text).toContain(prompt);
		const { text, id } = await clients.langChain[name].invoke(prompt);
		expect([text, id]).toEqual([answer.text, answer.id]);
		expect(emulator.calls()).toBe(1);
	});

	it('gets tool calls again', async () => {
		emulator.setToolCalls([OSLO, ROME].map((place) => ({ name: 'weather', arguments: place })));
		const model = clients.langChain[name].bindTools([{ name: 'weather', description: 'Weather', schema: PLACE }]);
		const prompt = question();
		const { tool_calls } = await isAnsweredAgain(provider, () => model.invoke(prompt));
		expect(tool_calls?.map((call) => call.args)).toEqual([{ city: 'Oslo' }, { city: 'Rome' }]);
	});

	it('gets a structured answer again', async () => {
		emulator.setText(() => OSLO);
		emulator.setToolCalls([{ name: 'extract', arguments: OSLO }]);
		const prompt = question();
		const model = clients.langChain[name].withStructuredOutput(PLACE);
		expect(await isAnsweredAgain(provider, () => model.invoke(prompt))).toEqual({ city: 'Oslo' });
	});
});

describe('embedDocuments of LangChain', () => {
	it('asks for the inputs alone that are missing', async () => {
		const [one, two, three] = [question(), question(), question()];
		const embed = (documents: string[]) => clients.langChainEmbeddings.embedDocuments(documents);
		const first = await isAnsweredAgain('openai', () => embed([one, two]));
		const second = await embed([two, three, one]);
		expect([second[2], second[0]]).toEqual(first);
		expect(emulator.requests[1]?.rawBody.toString()).not.toContain(one);
	});
});

const run = promisify(execFile);
const hasCurl = await run('curl', ['--version']).then(
	() => true,
	() => false,
);

describe.runIf(hasCurl)('curl', () => {
	const curl = async (body: object, ...options: string[]): Promise<{ head: string; body: string }> => {
		const { directus, caller } = compatible;
		const { stdout } = await run('curl', [
			'--silent',
			'--include',
			...options,
			`${directus.url}/ai-cache/openai/v1/chat/completions`,
			...['-H', `Authorization: Bearer ${caller.token}`, '-H', 'Content-Type: application/json'],
			...['-d', JSON.stringify(body)],
		]);
		const end = stdout.indexOf('\r\n\r\n');
		return { head: stdout.slice(0, end), body: stdout.slice(end + 4) };
	};
	const ask = () => ({ model: 'gpt-4o-mini', messages: [{ role: 'user', content: question() }] });

	it.each([['--http1.1'], ['--compressed'], ['--http1.0']])('gets the same bytes again, with %s', async (option) => {
		const request = ask();
		const miss = await curl(request, option);
		const hit = await curl(request, option);
		expect([miss.head, hit.head].map((head) => /^x-ai-cache: (.*)$/im.exec(head)?.[1])).toEqual(['MISS', 'HIT']);
		expect(hit.body).toBe(miss.body);
		expect(JSON.parse(hit.body)).toMatchObject({ object: 'chat.completion' });
		expect(emulator.calls()).toBe(1);
	});

	it('streams with -N, and its replay says the same', async () => {
		const request = { ...ask(), stream: true };
		const answers = [await curl(request, '-N'), await curl(request, '-N')];
		const texts = answers.map(({ head, body }) => {
			expect(head).toMatch(/content-type: text\/event-stream/i);
			expect(body).toMatch(/data: \[DONE\]\n\n$/);
			return [...body.matchAll(/"content":"([^"]*)"/g)].map(([, text]) => text).join('');
		});
		expect(texts[0]).toContain(request.messages[0]?.content);
		expect(texts[1]).toBe(texts[0]);
		expect(emulator.calls()).toBe(1);
	});
});
