import { useApi } from '@directus/extensions-sdk';
import {
	BASE_PATH,
	type EntryDetail,
	type EntryPage,
	type EntrySort,
	type GenerationAnswer,
	type HealthReport,
	type InvalidationRequest,
	type InvalidationResult,
	type JournalRow,
	type Provider,
	type SettingRow,
	type StatsReport,
	type WarmCandidate,
	type WarmJob,
	type WarmRequest,
} from '../../contract.ts';
import { toApiFailure } from '../lib/errors.ts';
import type { PeriodQuery } from '../lib/period.ts';

export interface EntryQuery {
	provider?: Provider;
	model?: string;
	collection?: string;
	item?: string;
	tag?: string;
	search?: string;
	sort?: EntrySort | `-${EntrySort}`;
	limit?: number;
	cursor?: string;
}

export interface StatsQuery extends Partial<PeriodQuery> {
	provider?: Provider;
	model?: string;
	collection?: string;
}

export interface JournalPage {
	rows: JournalRow[];
	next_cursor: string | null;
}

export interface SettingsReport {
	rows: SettingRow[];
	show_content: boolean;
}

/** Everything that the Studio asks of the server. Every call rejects with an `ApiFailure`. */
export type AiCacheApi = ReturnType<typeof useAiCacheApi>;

export function useAiCacheApi() {
	const http = useApi();

	async function ask<Result>(method: string, path: string, options: { params?: object; data?: unknown } = {}) {
		try {
			const { data } = await http.request<{ data: Result }>({ method, url: `/${BASE_PATH}${path}`, ...options });
			return data.data;
		} catch (error) {
			throw toApiFailure(error);
		}
	}

	return {
		stats: (query: StatsQuery) => ask<StatsReport>('GET', '/stats', { params: query }),
		health: () => ask<HealthReport>('GET', '/health'),
		settings: () => ask<SettingsReport>('GET', '/settings'),
		entries: (query: EntryQuery) => ask<EntryPage>('GET', '/entries', { params: query }),
		entry: (key: string) => ask<EntryDetail>('GET', `/entries/${encodeURIComponent(key)}`),
		deleteEntries: (keys: string[]) => ask<InvalidationResult | null>('DELETE', '/entries', { data: { keys } }),
		invalidate: (request: InvalidationRequest) => ask<InvalidationResult>('POST', '/invalidate', { data: request }),
		journal: (query: { limit: number; cursor?: string }) => ask<JournalPage>('GET', '/journal', { params: query }),
		raiseVersion: (provider: Provider, model: string) =>
			ask<{ version: number }>('POST', '/versions', { data: { provider, model } }),
		warmCandidates: (top: number) => ask<WarmCandidate[]>('GET', '/warm/candidates', { params: { top } }),
		startWarming: (request: WarmRequest) => ask<{ id: string }>('POST', '/warm', { data: request }),
		warmJobs: () => ask<WarmJob[]>('GET', '/warm'),
		stopWarming: (id: string) => ask<unknown>('DELETE', `/warm/${encodeURIComponent(id)}`),
		regenerate: (key: string) => ask<GenerationAnswer>('POST', `/entries/${encodeURIComponent(key)}/regenerate`),
	};
}
