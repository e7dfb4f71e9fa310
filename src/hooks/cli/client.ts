import {
	BASE_PATH,
	type InvalidationRequest,
	type InvalidationResult,
	type StatsReport,
	type WarmJob,
	type WarmRequest,
} from '../../contract.ts';
import { callerOf } from '../../runtime/caller.ts';
import type { HostContext } from '../../runtime/host.ts';
import type { StatsQuery } from '../../runtime/reports.ts';
import { getRuntime, type Runtime } from '../../runtime/runtime.ts';

/** What the commands ask for. Rejects with an error whose message is fit to be shown. */
export interface CliClient {
	readStats(query: StatsQuery): Promise<StatsReport>;
	invalidate(request: InvalidationRequest): Promise<InvalidationResult>;
	warm(request: WarmRequest): Promise<WarmJob>;
	readJob(id: string): Promise<WarmJob>;
	close(): Promise<void>;
}

/** Where to look, from the command line. */
export interface ConnectionOptions {
	url?: string;
	token?: string;
}

/**
 * The store that all processes share, or the Directus at `url`: a cache in the memory of that process can be reached in
 * no other way.
 */
export async function connect(host: HostContext, { url, token }: ConnectionOptions): Promise<CliClient> {
	const { PUBLIC_URL: ownUrl } = host.env;
	if (url !== undefined || token !== undefined)
		return createRemoteClient(url ?? (typeof ownUrl === 'string' ? ownUrl : ''), token);
	const runtime = getRuntime(host);
	if (runtime.settings.store === 'memory') {
		throw new Error(
			'the cache is in the memory of the Directus that runs: name it with --url and an admin’s --token, or use Redis',
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
	if (!URL.canParse(url)) throw new Error('--url is no URL');
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
		throw new Error('nothing answers at --url');
	});
	const answer = (await response.json().catch(() => ({}))) as Envelope<Data>;
	if (response.ok && answer.data !== undefined) return answer.data;
	throw new Error(answer.errors?.[0]?.message ?? `--url answered with status ${response.status}`);
}
