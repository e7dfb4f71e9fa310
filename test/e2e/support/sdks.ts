import Anthropic from '@anthropic-ai/sdk';
import { Mistral } from '@mistralai/mistralai';
import { HTTPClient } from '@mistralai/mistralai/lib/http.js';
import AnthropicBeforeOne from 'anthropic-sdk-0';
import OpenAI from 'openai';

/** The providers' own SDKs, given nothing but our base URL and a Directus token. */
export interface Sdks {
	openai: OpenAI;
	anthropic: Anthropic;
	/** Of the days before 1.0. */
	anthropicBeforeOne: AnthropicBeforeOne;
	mistral: Mistral;
	deepseek: OpenAI;
	/** `X-AI-Cache` of every answer since `reset()`, in order. */
	statuses: string[];
	/** Headers of the last answer. */
	lastHeaders(): Headers;
	reset(): void;
}

export function sdksOf(url: string, token: string): Sdks {
	const statuses: string[] = [];
	let last = new Headers();
	const fetcher = async (input: RequestInfo | URL, init?: RequestInit): Promise<Response> => {
		const response = await fetch(input, init);
		last = response.headers;
		statuses.push(response.headers.get('x-ai-cache') ?? `none (${response.status})`);
		return response;
	};
	const base = `${url}/ai-cache`;
	const options = { apiKey: token, maxRetries: 0, fetch: fetcher };
	return {
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
		statuses,
		lastHeaders: () => last,
		reset: () => {
			statuses.length = 0;
		},
	};
}
