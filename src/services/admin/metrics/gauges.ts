import type { Registry } from 'prom-client';
import { type Provider, PROVIDERS } from '../../../shared/api-types.ts';
import { modelTag, providerTag } from '../../../cache/tags/tags.ts';
import { OTHER } from '../../../cache/stats/buckets.ts';
import type { StatsDelta, Store } from '../../../cache/store.ts';
import { promClient } from './prom-client.cjs';

/** Live entries and the bytes that they take. */
export interface Held {
	models: { provider: Provider; model: string; entries: number }[];
	bytes: number;
}

/** Counts the entries of the models that the rows name; those of any other stand under `(other)`. */
export async function readHeld(store: Store, rows: readonly StatsDelta[]): Promise<Held> {
	const names = new Map(rows.map(({ provider, model }) => [modelTag(provider, model), { provider, model }]));
	const models = [...names.values()].filter(({ model }) => model !== OTHER);
	const [ofModels, ofProviders, bytes] = await Promise.all([
		store.count(models.map(({ provider, model }) => modelTag(provider, model))),
		store.count(PROVIDERS.map(providerTag)),
		store.bytesHeld(),
	]);
	const held = models.map((model, index) => ({ ...model, entries: ofModels[index] ?? 0 }));
	const others = PROVIDERS.map((provider, index) => {
		const named = held.filter((row) => row.provider === provider).reduce((sum, { entries }) => sum + entries, 0);
		return { provider, model: OTHER, entries: (ofProviders[index] ?? 0) - named };
	});
	return { models: [...held, ...others.filter(({ entries }) => entries > 0)], bytes };
}

/** Gauges of the whole cache. */
export function writeHeld(registry: Registry, { models, bytes }: Held): void {
	const { Gauge } = promClient();
	const entries = new Gauge({
		name: 'ai_cache_entries',
		help: 'Live entries. The whole cache, whichever process says it.',
		labelNames: ['provider', 'model'],
		registers: [registry],
	});
	for (const { provider, model, entries: count } of models) entries.set({ provider, model }, count);
	new Gauge({
		name: 'ai_cache_entries_bytes',
		help: 'Bytes that live entries take. The whole cache, whichever process says it.',
		registers: [registry],
	}).set(bytes);
}
