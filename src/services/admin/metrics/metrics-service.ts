import type { Histogram } from 'prom-client';
import type { Provider } from '../../../shared/api-types.ts';
import type { StatsRecorder } from '../../../cache/stats/recorder.ts';
import type { Store } from '../../../cache/store.ts';
import type { Health } from '../health-service.ts';
import { writeCounted } from './counters.ts';
import { readHeld, writeHeld } from './gauges.ts';
import { promClient } from './prom-client.cjs';
import { writeStore } from './store-gauges.ts';

/** Seconds; a provider takes from some tenths of a second to minutes. */
const DURATION_BUCKETS = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 40, 80, 160, 320];

/** What a Prometheus server scrapes. */
export class Metrics {
	readonly #store: Store;
	readonly #recorder: StatsRecorder;
	readonly #health: Health;
	#durations: Histogram<'provider'> | null = null;

	constructor(store: Store, recorder: StatsRecorder, health: Health) {
		this.#store = store;
		this.#recorder = recorder;
		this.#health = health;
	}

	/** A generation that took so many milliseconds at its provider. */
	generated(provider: Provider, ms: number): void {
		this.#ofGenerations().observe({ provider }, ms / 1000);
	}

	/**
	 * Prometheus' text format. Never rejects: while the store does not answer, the figures that it holds are left out, and
	 * `ai_cache_store_up` is 0.
	 */
	async read(): Promise<{ contentType: string; text: string }> {
		const registry = new (promClient().Registry)();
		registry.registerMetric(this.#ofGenerations());
		// What this process counted a moment ago belongs to the figures; others write theirs every second.
		await this.#recorder.flush();
		const [store, whole] = await Promise.all([this.#health.store(), this.#readWhole().catch(() => null)]);
		writeStore(registry, store);
		if (whole) {
			writeCounted(registry, whole.totals);
			writeHeld(registry, whole.held);
		}
		return { contentType: registry.contentType, text: await registry.metrics() };
	}

	#ofGenerations(): Histogram<'provider'> {
		this.#durations ??= new (promClient().Histogram)({
			name: 'ai_cache_generation_duration_seconds',
			help: 'What generations took at their providers. This process alone.',
			labelNames: ['provider'],
			buckets: DURATION_BUCKETS,
			registers: [],
		});
		return this.#durations;
	}

	async #readWhole() {
		const totals = await this.#store.readTotals();
		return { totals, held: await readHeld(this.#store, totals.rows) };
	}
}
