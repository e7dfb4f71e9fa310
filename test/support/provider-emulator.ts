import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';

import { type ChaosConfig, LLMock } from '@copilotkit/aimock';

import { type Provider, PROVIDERS } from '../../src/shared/api-types.ts';
import {
	answerEmbeddings,
	defaultText,
	type EmulatedToolCall,
	type EmulatedUsage,
	fail,
	type Failure,
	forward,
	promptOf,
	type Snapshot,
	textAnswer,
	toolAnswer,
} from './emulated-answers.ts';
import { jsonBody, type RecordedRequest, recordRequest } from './recorded-request.ts';

export type { Failure } from './emulated-answers.ts';

export interface EmulatorOptions {
	/** 0, the default, asks for a free port. */
	port?: number;
	/** Milliseconds before each answer. */
	delayMs?: number;
	/** The text of an answer; by default it names the prompt and a hash of the whole request. */
	text?: (prompt: string, provider: Provider, call: number) => string;
}

/** OpenAI, Anthropic, Mistral and DeepSeek on one port, told apart by the first part of the path. */
export interface ProviderEmulator {
	readonly url: string;
	/** As each provider's own SDK takes it. */
	readonly baseUrls: Record<Provider, string>;
	readonly requests: RecordedRequest[];
	/** Upstream calls since the start or the last `reset()`, of one provider or of all. Model lists do not count. */
	calls(provider?: Provider): number;
	/** By path, as `{ '/openai/v1/chat/completions': 2 }`. */
	callsByPath(): Record<string, number>;
	/** Resolves when so many calls have arrived. */
	whenCalled(times: number): Promise<void>;
	/** Keeps answers back until the returned function is called. */
	hold(): () => void;
	setDelay(ms: number): void;
	setText(text: NonNullable<EmulatorOptions['text']>): void;
	/** A user's message that comes with tools is answered with these calls; null, the default: with a text as all others. */
	setToolCalls(calls: readonly EmulatedToolCall[] | null): void;
	/** The next calls fail so. */
	failNext(failure: Failure, times?: number): void;
	/** Every call fails so until told otherwise. */
	failAll(failure: Failure | null): void;
	/** The model that answers name for an alias, and OpenAI's `system_fingerprint`. */
	setSnapshot(model: string, snapshot: string, systemFingerprint?: string): void;
	/** Tokens of every answer; null counts words. */
	setUsage(usage: { input_tokens: number; output_tokens: number } | null): void;
	/** Random failures, see aimock's `ChaosConfig`. */
	setChaos(chaos: ChaosConfig | null): void;
	/** `AI_CACHE_<PROVIDER>_API_KEY` and `_BASE_URL` for a Directus process. */
	environment(): Record<string, string>;
	/** Forgets calls, failures, delay and snapshots. */
	reset(): void;
	stop(): Promise<void>;
}

const BASE_PATHS: Record<Provider, string> = {
	openai: '/openai/v1',
	anthropic: '/anthropic',
	mistral: '/mistral',
	deepseek: '/deepseek',
};

/** A key that must appear in no log, error or statistic. */
export function keyOf(provider: Provider): string {
	return `sk-emulated-${provider}-7f3c1d`;
}

/** What OpenAI refuses, and an emulator that takes anything would not show. */
function mistakeIn(request: RecordedRequest): Failure | undefined {
	if (!request.path.endsWith('/chat/completions')) return undefined;
	const body = jsonBody(request);
	if (body['stream'] === true || !body['stream_options']) return undefined;
	return { status: 400, message: "The 'stream_options' parameter is only allowed when 'stream' is enabled." };
}

export async function startProviderEmulator(options: EmulatorOptions = {}): Promise<ProviderEmulator> {
	const initial = {
		delayMs: options.delayMs ?? 0,
		text: options.text ?? defaultText,
		usage: null as EmulatedUsage | null,
		toolCalls: null as readonly EmulatedToolCall[] | null,
		failures: [] as Failure[],
		failAll: null as Failure | null,
		gate: Promise.resolve(),
	};
	let state = { ...initial };
	const snapshots = new Map<string, Snapshot>();
	const requests: RecordedRequest[] = [];
	const waiting = new Set<() => void>();
	const models = new LLMock({ port: 0, host: '127.0.0.1', chunkSize: 12, logLevel: 'silent' });
	models.on({ predicate: () => true }, (request) => {
		const provider = request._context as Provider;
		const call = requests.length;
		const text = state.text(promptOf(request), provider, call);
		const answer = textAnswer(request, provider, text, call, state.usage, snapshots.get(request.model));
		const callsTools = state.toolCalls && request.tools?.length && request.messages.at(-1)?.role === 'user';
		return callsTools ? toolAnswer(answer, state.toolCalls ?? []) : answer;
	});
	await models.start();

	const counted = (provider?: Provider) =>
		requests.filter(({ path }) => !path.endsWith('/models') && (!provider || path.startsWith(`/${provider}/`)));

	const handle = async (incoming: IncomingMessage, response: ServerResponse) => {
		const request = await recordRequest(incoming);
		requests.push(request);
		response.once('close', () => (request.aborted = !response.writableEnded));
		for (const check of waiting) check();
		const failure = state.failAll ?? state.failures.shift() ?? mistakeIn(request);
		if (state.delayMs > 0) await wait(state.delayMs);
		await state.gate;
		if (response.destroyed) return;
		if (failure) fail(response, failure);
		else if (request.path.endsWith('/embeddings')) answerEmbeddings(request, response, snapshots);
		else forward(request, response, models.port);
	};
	const server = createServer((incoming, response) => {
		handle(incoming, response).catch((error: unknown) => response.destroy(error as Error));
	});
	await new Promise<void>((resolve) => server.listen(options.port ?? 0, '127.0.0.1', resolve));
	const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
	const baseUrls = Object.fromEntries(PROVIDERS.map((name) => [name, url + BASE_PATHS[name]])) as Record<
		Provider,
		string
	>;

	return {
		url,
		baseUrls,
		requests,
		calls: (provider) => counted(provider).length,
		callsByPath: () => {
			const byPath: Record<string, number> = {};
			for (const { path } of counted()) byPath[path] = (byPath[path] ?? 0) + 1;
			return byPath;
		},
		whenCalled: (times) =>
			new Promise((resolve) => {
				const check = () => {
					if (counted().length < times) return;
					waiting.delete(check);
					resolve();
				};
				waiting.add(check);
				check();
			}),
		hold: () => {
			let open = () => {};
			state.gate = new Promise((resolve) => {
				open = resolve;
			});
			return () => open();
		},
		setDelay: (ms) => {
			state.delayMs = ms;
		},
		setText: (text) => {
			state.text = text;
		},
		setToolCalls: (calls) => {
			state.toolCalls = calls;
		},
		failNext: (failure, times = 1) => state.failures.push(...Array.from({ length: times }, () => failure)),
		failAll: (failure) => {
			state.failAll = failure;
		},
		setSnapshot: (model, snapshot, systemFingerprint) => snapshots.set(model, { snapshot, systemFingerprint }),
		setUsage: (usage) => {
			state.usage = usage;
		},
		setChaos: (chaos) => {
			if (chaos === null) models.clearChaos();
			else models.setChaos(chaos);
		},
		environment: () =>
			Object.fromEntries(
				PROVIDERS.flatMap((name) => [
					[`AI_CACHE_${name.toUpperCase()}_API_KEY`, keyOf(name)],
					[`AI_CACHE_${name.toUpperCase()}_BASE_URL`, baseUrls[name]],
				]),
			),
		reset: () => {
			requests.length = 0;
			snapshots.clear();
			models.clearChaos();
			state = { ...initial, failures: [] };
		},
		stop: async () => {
			server.closeAllConnections();
			await new Promise((resolve) => server.close(resolve));
			await models.stop();
		},
	};
}
