import { PROVIDERS, type HealthReport, type Provider, type StatsReport } from '../../shared/api-types.ts';

/** A problem or change that an administrator should know about. */
export type Alert =
	| { kind: 'store_down'; level: 'danger'; redis: boolean; error: string | null }
	| { kind: 'breaker_open'; level: 'warning' }
	| { kind: 'pending'; level: 'warning'; count: number }
	| { kind: 'no_keys'; level: 'warning'; setting: string }
	| { kind: 'snapshot'; level: 'info'; provider: Provider; model: string; snapshot: string; since: string };

/** Collects all alerts, the most severe first. */
export function collectAlerts(health: HealthReport | null, stats: StatsReport | null): Alert[] {
	return [
		...collectStoreAlerts(health?.store),
		...collectKeyAlerts(health?.providers),
		...collectSnapshotAlerts(stats),
	];
}

function collectStoreAlerts(store: HealthReport['store']): Alert[] {
	if (!store) return [];
	const notices: Alert[] = [];

	if (!store.connected) {
		notices.push({ kind: 'store_down', level: 'danger', redis: store.kind === 'redis', error: store.error });
	} else {
		if (store.breaker === 'open') notices.push({ kind: 'breaker_open', level: 'warning' });
	}

	if (store.pending_invalidations > 0)
		notices.push({ kind: 'pending', level: 'warning', count: store.pending_invalidations });

	return notices;
}

/** An alert only if all keys are missing. The provider's row shows a single missing key. */
function collectKeyAlerts(providers: HealthReport['providers']): Alert[] {
	if (!providers || PROVIDERS.some((provider) => providers[provider].has_key)) return [];
	return [{ kind: 'no_keys', level: 'warning', setting: providers.openai.key_setting }];
}

function collectSnapshotAlerts(stats: StatsReport | null): Alert[] {
	if (!stats) return [];

	return PROVIDERS.flatMap((provider) =>
		Object.entries(stats.providers[provider].models).flatMap(([model, figures]): Alert[] => {
			const { snapshot, snapshot_changed_at: since, entries } = figures;
			if (!snapshot || !since || entries === 0) return [];
			return [{ kind: 'snapshot', level: 'info', provider, model, snapshot, since }];
		}),
	);
}
