import { createPricing } from '../../../src/providers/pricing/pricing.ts';
import { Health } from '../../../src/services/admin/health-service.ts';
import { Invalidator } from '../../../src/services/invalidation/invalidation-service.ts';
import { Metrics } from '../../../src/services/admin/metrics/metrics-service.ts';
import { ProviderKeys } from '../../../src/services/access/provider-key-service.ts';
import { Reports } from '../../../src/services/admin/stats-service.ts';
import { readSettings } from '../../../src/services/config/settings.ts';
import { type Engine, startEngine } from '../../cache/support/engine.ts';
import { testHost } from './host.ts';

/** An engine on a memory store, with all that tells and changes what it holds. */
export interface Reporting extends Engine {
	reports: Reports;
	invalidator: Invalidator;
	metrics: Metrics;
	/** How often it was told that who may do what has changed. */
	callersChanged: () => number;
}

export function startReporting(env: Record<string, string> = {}): Reporting {
	const host = testHost({ AI_CACHE_STORE: 'memory', ...env });
	const settings = readSettings(host.env);
	const keys = new ProviderKeys(settings.values, host);
	const engine = startEngine({ onGenerated: (provider, ms) => metrics.generated(provider, ms) });
	const { store, clock, recorder, models } = engine;
	const opened = {
		store,
		open: () => Promise.resolve(),
		breaker: () => 'closed' as const,
		pendingInvalidations: () => 0,
		lastError: () => null,
		close: () => store.close(),
	};
	const metrics = new Metrics(store, recorder, new Health(settings, opened, keys, () => true));
	let changes = 0;
	return {
		...engine,
		metrics,
		reports: new Reports(store, clock, recorder, models, keys, createPricing()),
		invalidator: new Invalidator(store, clock, () => {
			changes++;
		}),
		callersChanged: () => changes,
	};
}
