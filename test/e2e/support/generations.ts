import type { ApiError, GenerationAnswer, StatsReport } from '../../../src/shared/api-types.ts';
import type { Api, ApiAnswer } from './api.ts';

/** A native answer: its status, its headers, and either the generation or the errors. */
export interface Asked {
	status: number;
	headers: Headers;
	/** `X-AI-Cache`. */
	cache: string | null;
	data: GenerationAnswer | undefined;
	errors: ApiError[];
	ms: number;
}

export type Ask = (request: object, token?: string | null) => Promise<Asked>;

/** `POST /ai-cache/generate` as that Directus answers it. */
export function asker(directus: Api): Ask {
	return async (request, token) => asked(await directus.api('POST', '/ai-cache/generate', request, token));
}

export function asked(answer: ApiAnswer): Asked {
	const { data, errors } = (answer.body ?? {}) as { data?: GenerationAnswer; errors?: ApiError[] };
	const { status, headers, ms } = answer;
	return { status, headers, ms, cache: headers.get('x-ai-cache'), data, errors: errors ?? [] };
}

export const statsOf = (directus: Api, query = ''): Promise<StatsReport> =>
	directus.data<StatsReport>('GET', `/ai-cache/stats${query}`);
