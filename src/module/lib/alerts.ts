import { PROVIDERS, type HealthReport, type Provider, type StatsReport } from '../../contract.ts';

/** Something that an administrator should know or do, worst first. */
export type Notice =
	| { kind: 'store_down'; level: 'danger'; redis: boolean; error: string | null }
	| { kind: 'breaker_open'; level: 'warning' }
	| { kind: 'bus_down'; level: 'warning' }
	| { kind: 'pending'; level: 'warning'; count: number }
	| { kind: 'no_keys'; level: 'warning'; setting: string }
	| { kind: 'snapshot'; level: 'info'; provider: Provider; model: string; snapshot: string; since: string };

export function noticesOf(health: HealthReport | null, stats: StatsReport | null): Notice[] {
	return [...storeNotices(health?.store), ...keyNotices(health?.providers), ...snapshotNotices(stats)];
}

function storeNotices(store: HealthReport['store']): Notice[] {
	if (!store) return [];
	const notices: Notice[] = [];

	if (!store.connected) {
		notices.push({ kind: 'store_down', level: 'danger', redis: store.kind === 'redis', error: store.error });
	} else {
		if (store.breaker === 'open') notices.push({ kind: 'breaker_open', level: 'warning' });
		if (store.bus === 'down') notices.push({ kind: 'bus_down', level: 'warning' });
	}

	if (store.pending_invalidations > 0)
		notices.push({ kind: 'pending', level: 'warning', count: store.pending_invalidations });

	return notices;
}

/** One missing key is said in the provider's row; that all are missing is worth a notice. */
function keyNotices(providers: HealthReport['providers']): Notice[] {
	if (!providers || PROVIDERS.some((provider) => providers[provider].has_key)) return [];
	return [{ kind: 'no_keys', level: 'warning', setting: providers.openai.key_setting }];
}

function snapshotNotices(stats: StatsReport | null): Notice[] {
	if (!stats) return [];

	return PROVIDERS.flatMap((provider) =>
		Object.entries(stats.providers[provider].models).flatMap(([model, figures]): Notice[] => {
			const { snapshot, snapshot_changed_at: since, entries } = figures;
			if (!snapshot || !since || entries === 0) return [];
			return [{ kind: 'snapshot', level: 'info', provider, model, snapshot, since }];
		}),
	);
}
