import {
	BASE_PATH,
	type InvalidationRequest,
	type InvalidationResult,
	type StatsReport,
	type WarmJob,
	type WarmRequest,
} from '../../shared/api-types.ts';
import { callerOf } from '../../services/access/caller.ts';
import type { HostContext } from '../../services/host.ts';
import type { StatsQuery } from '../../services/admin/stats-service.ts';
import { getRuntime, type Runtime } from '../../host/container.ts';

/** The calls that the commands need. Errors have messages for people. */
export interface CliClient {
	readStats(query: StatsQuery): Promise<StatsReport>;
	invalidate(request: InvalidationRequest): Promise<InvalidationResult>;
	warm(request: WarmRequest): Promise<WarmJob>;
	readJob(id: string): Promise<WarmJob>;
	close(): Promise<void>;
}

/** The connection options on the command line. */
export interface ConnectionOptions {
	url?: string;
	token?: string;
}

/**
 * Connects to the shared store, or to the Directus at `url`. An in-memory cache can only be reached through its own
 * Directus process.
 */
export async function connect(host: HostContext, { url, token }: ConnectionOptions): Promise<CliClient> {
	const { PUBLIC_URL: ownUrl } = host.env;
	if (url !== undefined || token !== undefined)
		return createRemoteClient(url ?? (typeof ownUrl === 'string' ? ownUrl : ''), token);
	const runtime = getRuntime(host);
	if (runtime.settings.store === 'memory') {
		throw new Error(
			'the cache is in the memory of the running Directus: pass its --url and an admin’s --token, or use Redis',
		);
	}
	await runtime.ready;
	const { connected } = await runtime.store.health();
	if (!connected) throw new Error('Redis cannot be reached');
	return createLocalClient(runtime);
}

function createLocalClient(runtime: Runtime): CliClient {
	const { invalidator, reports, warmer, settings } = runtime;
	return {
		readStats: (query) => reports.stats(query),
		invalidate: ({ dry_run: dryRun, ...criteria }) =>
			dryRun
				? invalidator.measure(criteria, dryRun === 'edit')
				: invalidator.purge(criteria, { cause: 'purge', details: [{ kind: 'command_line' }] }),
		warm: (request) => {
			const budget = request.budget_usd ?? settings.values.AI_CACHE_WARM_BUDGET;
			return 'top' in request
				? warmer.top(request.top, budget)
				: warmer.requests(request.requests, callerOf(null), budget);
		},
		readJob: (id) => warmer.job(id),
		close: () => runtime.close().catch(() => {}),
	};
}

function createRemoteClient(url: string, token: string | undefined): CliClient {
	if (!URL.canParse(url)) throw new Error('--url must be a URL');
	const call = <Data>(method: string, path: string, body?: unknown): Promise<Data> =>
		request<Data>(`${url.replace(/\/+$/, '')}/${BASE_PATH}${path}`, method, token, body);
	return {
		readStats: (query) => call('GET', `/stats?${new URLSearchParams(formatParameters(query)).toString()}`),
		invalidate: (body) => call('POST', '/invalidate', body),
		warm: (body) => call('POST', '/warm', body),
		readJob: (id) => call('GET', `/warm/${encodeURIComponent(id)}`),
		close: () => Promise.resolve(),
	};
}

const formatParameters = (query: StatsQuery): Record<string, string> =>
	Object.fromEntries(Object.entries(query).map(([name, value]) => [name, String(value)]));

interface Envelope<Data> {
	data?: Data;
	errors?: { message: string }[];
}

async function request<Data>(url: string, method: string, token: string | undefined, body: unknown): Promise<Data> {
	const response = await fetch(url, {
		method,
		headers: {
			...(token !== undefined && { authorization: `Bearer ${token}` }),
			...(body !== undefined && { 'content-type': 'application/json' }),
		},
		body: body === undefined ? null : JSON.stringify(body),
	}).catch(() => {
		throw new Error('no response from --url');
	});
	const answer = (await response.json().catch(() => ({}))) as Envelope<Data>;
	if (response.ok && answer.data !== undefined) return answer.data;
	throw new Error(answer.errors?.[0]?.message ?? `--url returned status ${response.status}`);
}
