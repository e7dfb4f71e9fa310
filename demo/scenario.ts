import type { CacheStatus, GenerationAnswer, Provider } from '../src/shared/api-types.ts';
import type { Api, ApiAnswer } from '../test/e2e/support/api.ts';
import { triggerFlow } from '../test/e2e/support/flows.ts';
import { type DemoProviders, MODELS } from './providers.ts';

/** One request of the demo, with the measurements of its answer. */
export interface Call {
	provider: Provider;
	what: string;
	expected: CacheStatus;
	/** The cache status in the answer; undefined if it has none. */
	status: string | undefined;
	ms: number;
	/** Calls that reached the provider meanwhile; undefined if they cannot be counted. */
	upstream: number | undefined;
	text: string;
	failure: string | undefined;
}

const TITLE_PROMPT = 'Write an SEO title for: {{title}}';

export interface Scenario {
	generate(provider: Provider, item: number, what: string, expected: CacheStatus): Promise<Call>;
	generateInFlow(provider: Provider, item: number, what: string, expected: CacheStatus): Promise<Call>;
}

export function createScenario(directus: Api, providers: DemoProviders, flow: string): Scenario {
	const measure = async (
		provider: Provider,
		what: string,
		expected: CacheStatus,
		ask: () => Promise<{ answer: ApiAnswer; generation: Partial<GenerationAnswer>; status: string | undefined }>,
	): Promise<Call> => {
		const before = providers.calls(provider);
		const { answer, generation, status } = await ask();
		const after = providers.calls(provider);
		return {
			provider,
			what,
			expected,
			status,
			ms: answer.ms,
			upstream: after === undefined || before === undefined ? undefined : after - before,
			text: generation.text ?? '',
			failure: status === expected ? undefined : `${answer.status} ${JSON.stringify(answer.body)}`.slice(0, 300),
		};
	};

	return {
		generate: (provider, item, what, expected) =>
			measure(provider, what, expected, async () => {
				const request = { ...buildRequest(provider, item), prompt: TITLE_PROMPT };
				const answer = await directus.api<{ data?: GenerationAnswer }>('POST', '/ai-cache/generate', request);
				const status = answer.headers.get('x-ai-cache') ?? undefined;
				return { answer, generation: answer.body.data ?? {}, status };
			}),
		generateInFlow: (provider, item, what, expected) =>
			measure(provider, what, expected, async () => {
				const trigger = buildRequest(provider, item);
				const answer = await triggerFlow<Partial<GenerationAnswer> | undefined>(directus, flow, trigger);
				return { answer, generation: answer.body ?? {}, status: answer.body?.cache?.status };
			}),
	};
}

function buildRequest(provider: Provider, item: number) {
	return { provider, model: MODELS[provider], collection: 'articles', item };
}

/** Checks the status and the number of upstream calls: one for a miss, none for a hit. */
export function isAsExpected(call: Call): boolean {
	const upstream = call.expected === 'MISS' ? 1 : 0;
	return call.status === call.expected && (call.upstream === undefined || call.upstream === upstream);
}
