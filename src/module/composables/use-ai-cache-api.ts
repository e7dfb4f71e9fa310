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
} from '../../shared/api-types.ts';
import { parseApiFailure } from '../lib/api-failure.ts';
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

/** Returns all API calls of the Studio. Every call rejects with an `ApiFailure`. */
export function useAiCacheApi() {
	const http = useApi();

	async function send<Result>(method: string, path: string, options: { params?: object; data?: unknown } = {}) {
		try {
			const { data } = await http.request<{ data: Result }>({ method, url: `/${BASE_PATH}${path}`, ...options });
			return data.data;
		} catch (error) {
			throw parseApiFailure(error);
		}
	}

	return {
		fetchStats: (query: StatsQuery) => send<StatsReport>('GET', '/stats', { params: query }),
		fetchHealth: () => send<HealthReport>('GET', '/health'),
		fetchSettings: () => send<SettingsReport>('GET', '/settings'),
		fetchEntries: (query: EntryQuery) => send<EntryPage>('GET', '/entries', { params: query }),
		fetchEntry: (key: string) => send<EntryDetail>('GET', `/entries/${encodeURIComponent(key)}`),
		deleteEntries: (keys: string[]) => send<InvalidationResult | null>('DELETE', '/entries', { data: { keys } }),
		invalidate: (request: InvalidationRequest) => send<InvalidationResult>('POST', '/invalidate', { data: request }),
		fetchJournal: (query: { limit: number; cursor?: string }) =>
			send<JournalPage>('GET', '/journal', { params: query }),
		raiseVersion: (provider: Provider, model: string) =>
			send<{ version: number }>('POST', '/versions', { data: { provider, model } }),
		fetchWarmCandidates: (top: number) => send<WarmCandidate[]>('GET', '/warm/candidates', { params: { top } }),
		startWarming: (request: WarmRequest) => send<{ id: string }>('POST', '/warm', { data: request }),
		fetchWarmJobs: () => send<WarmJob[]>('GET', '/warm'),
		stopWarming: (id: string) => send<unknown>('DELETE', `/warm/${encodeURIComponent(id)}`),
		regenerate: (key: string) => send<GenerationAnswer>('POST', `/entries/${encodeURIComponent(key)}/regenerate`),
	};
}
