import { describe, expect, it } from 'vitest';
import { PROVIDERS, type HealthReport, type ModelFigures, type StatsReport } from '../../src/shared/api-types.ts';
import { collectAlerts } from '../../src/module/lib/alerts.ts';

type Store = NonNullable<HealthReport['store']>;

function health(store: Partial<Store> = {}, hasKey = true): HealthReport {
	const provider = { has_key: hasKey, key_source: null, base_url: '', key_setting: 'AI_CACHE_OPENAI_API_KEY' };
	return {
		status: 'ok',
		store: {
			kind: 'redis',
			mode: 'standalone',
			connected: true,
			latency_ms: 1,
			memory: { used: 0, max: null },
			first_level: null,
			hints: 'up',
			breaker: 'closed',
			pending_invalidations: 0,
			error: null,
			...store,
		},
		providers: { openai: provider, anthropic: provider, mistral: provider, deepseek: provider },
	};
}

function stats(model: Partial<ModelFigures>): StatsReport {
	const models = { 'gpt-4o': { entries: 3, snapshot: null, snapshot_changed_at: null, ...model } };
	const providers = Object.fromEntries(
		PROVIDERS.map((provider) => [provider, { models: provider === 'openai' ? models : {} }]),
	);
	return { providers } as unknown as StatsReport;
}

const kinds = (...args: Parameters<typeof collectAlerts>) => collectAlerts(...args).map((notice) => notice.kind);

describe('alerts for administrators', () => {
	it('are empty if everything works', () => {
		expect(kinds(health(), stats({}))).toEqual([]);
		expect(kinds(null, null)).toEqual([]);
	});

	it('report an unreachable store once, without its breaker', () => {
		const away = health({ connected: false, breaker: 'open', hints: 'down', error: 'refused' });
		expect(collectAlerts(away, null)).toEqual([{ kind: 'store_down', level: 'danger', redis: true, error: 'refused' }]);
	});

	it('report an open breaker and pending invalidations', () => {
		expect(kinds(health({ hints: 'down' }), null)).toEqual([]);
		expect(kinds(health({ breaker: 'open', pending_invalidations: 2 }), null)).toEqual(['breaker_open', 'pending']);
	});

	it('report missing keys only if no provider has one', () => {
		expect(kinds(health({}, false), null)).toEqual(['no_keys']);
		const one = health({}, false);
		if (one.providers) one.providers.mistral = { ...one.providers.mistral, has_key: true };
		expect(kinds(one, null)).toEqual([]);
	});

	it('report a changed snapshot while the model has cached answers', () => {
		const changed = { snapshot: 'gpt-4o-2024-11-20', snapshot_changed_at: '2026-05-01T00:00:00.000Z' };
		expect(kinds(health(), stats(changed))).toEqual(['snapshot']);
		expect(kinds(health(), stats({ ...changed, entries: 0 }))).toEqual([]);
		expect(kinds(health(), stats({ snapshot: 'gpt-4o-2024-11-20' }))).toEqual([]);
	});
});
