import Anthropic from '@anthropic-ai/sdk';
import { Mistral } from '@mistralai/mistralai';
import { HTTPClient } from '@mistralai/mistralai/lib/http.js';
import AnthropicBeforeOne from 'anthropic-sdk-0';
import OpenAI from 'openai';

/** Looks at what comes back to an SDK, and changes nothing of it. */
export interface AnswerRecorder {
	fetcher: typeof fetch;
	/** `X-AI-Cache` of every answer since `reset()`, in order. */
	statuses: string[];
	/** Headers of the last answer. */
	lastHeaders(): Headers;
	reset(): void;
}

/** The providers' own SDKs, given nothing but our base URL and a Directus token. */
export interface Sdks extends AnswerRecorder {
	openai: OpenAI;
	anthropic: Anthropic;
	/** Of the days before 1.0. */
	anthropicBeforeOne: AnthropicBeforeOne;
	mistral: Mistral;
	deepseek: OpenAI;
}

export function answerRecorder(): AnswerRecorder {
	const statuses: string[] = [];
	let last = new Headers();
	return {
		fetcher: async (input, init) => {
			const response = await fetch(input, init);
			last = response.headers;
			statuses.push(response.headers.get('x-ai-cache') ?? `none (${response.status})`);
			return response;
		},
		statuses,
		lastHeaders: () => last,
		reset: () => {
			statuses.length = 0;
		},
	};
}

export function sdksOf(url: string, token: string): Sdks {
	const recorder = answerRecorder();
	const { fetcher } = recorder;
	const base = `${url}/ai-cache`;
	const options = { apiKey: token, maxRetries: 0, fetch: fetcher };
	return {
		...recorder,
		openai: new OpenAI({ ...options, baseURL: `${base}/openai/v1` }),
		anthropic: new Anthropic({ ...options, baseURL: `${base}/anthropic` }),
		anthropicBeforeOne: new AnthropicBeforeOne({ ...options, baseURL: `${base}/anthropic` }),
		mistral: new Mistral({
			apiKey: token,
			serverURL: `${base}/mistral`,
			httpClient: new HTTPClient({ fetcher }),
			retryConfig: { strategy: 'none' },
		}),
		deepseek: new OpenAI({ ...options, baseURL: `${base}/deepseek` }),
	};
}
