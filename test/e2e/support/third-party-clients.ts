import { createAnthropic } from '@ai-sdk/anthropic';
import { createDeepSeek } from '@ai-sdk/deepseek';
import { createMistral } from '@ai-sdk/mistral';
import { createOpenAI } from '@ai-sdk/openai';
import { ChatAnthropic } from '@langchain/anthropic';
import { ChatOpenAI, OpenAIEmbeddings } from '@langchain/openai';

import type { AnswerRecorder } from './sdks.ts';

/** Vercel's AI SDK and LangChain, given nothing but our base URL and a Directus token. */
export type OtherClients = ReturnType<typeof otherClients>;

export function otherClients(url: string, token: string, { fetcher }: AnswerRecorder) {
	const base = `${url}/ai-cache`;
	const options = { apiKey: token, fetch: fetcher };
	const configuration = { baseURL: `${base}/openai/v1`, fetch: fetcher };
	const openai = createOpenAI({ ...options, baseURL: `${base}/openai/v1` });
	const mistral = createMistral({ ...options, baseURL: `${base}/mistral/v1` });
	const langChain = { model: 'gpt-4o-mini', apiKey: token, maxRetries: 0, configuration };
	return {
		aiSdk: {
			responses: openai('gpt-4o-mini'),
			chat: openai.chat('gpt-4o-mini'),
			anthropic: createAnthropic({ ...options, baseURL: `${base}/anthropic/v1` })('claude-haiku-4-5'),
			mistral: mistral('mistral-small-latest'),
			deepseek: createDeepSeek({ ...options, baseURL: `${base}/deepseek` })('deepseek-chat'),
		},
		aiSdkEmbeddings: {
			openai: openai.embedding('text-embedding-3-small'),
			mistral: mistral.embedding('mistral-embed'),
		},
		langChain: {
			chat: new ChatOpenAI(langChain),
			responses: new ChatOpenAI({ ...langChain, useResponsesApi: true }),
			anthropic: new ChatAnthropic({
				model: 'claude-haiku-4-5',
				apiKey: token,
				maxRetries: 0,
				anthropicApiUrl: `${base}/anthropic`,
				clientOptions: { fetch: fetcher },
			}),
		},
		langChainEmbeddings: new OpenAIEmbeddings({ ...langChain, model: 'text-embedding-3-small' }),
	};
}
