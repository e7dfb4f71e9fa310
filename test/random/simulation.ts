import { AiCache } from '../../src/cache/cache.ts';
import { type ContentChange, type ContentDependency, dependencyTags } from '../../src/cache/tags/tags.ts';
import { Models } from '../../src/cache/model-versions.ts';
import { StatsRecorder } from '../../src/cache/stats/recorder.ts';
import type { Store } from '../../src/cache/store.ts';
import type { InvalidationCriteria } from '../../src/shared/api-types.ts';
import { Invalidator } from '../../src/services/invalidation/invalidation-service.ts';
import { generated, IDENTITY, SETTINGS, textIn } from '../cache/support/engine.ts';
import { alters, purges, type randomFrom, Truth } from './reference-model.ts';

const clock = { now: () => Date.now() };
const COLLECTIONS = ['articles', 'authors'];
const ITEMS = ['1', '2', '3', '4'];
const FIELDS = ['title', 'body'];

/** Every shape of a dependency, and some answers that have two. */
const single: ContentDependency[] = COLLECTIONS.flatMap((collection) => [
	{ collection },
	...FIELDS.map((field) => ({ collection, fields: [field] })),
	...ITEMS.map((item) => ({ collection, items: [item] })),
	...ITEMS.flatMap((item) => FIELDS.map((field) => ({ collection, items: [item], fields: [field] }))),
	{ collection, items: ['1', '2'], fields: FIELDS },
]);
const questions: ContentDependency[][] = [
	...single.map((dependency) => [dependency]),
	...single.slice(0, 8).map((dependency, index) => [dependency, single.at(-1 - index)!]),
];

/** One process of the cache. */
interface Process {
	cache: AiCache<never>;
	invalidator: Invalidator;
}

export type Open = () => Store;

/** What happened, to be held against what should have. */
export interface Tally {
	answers: number;
	hits: number;
	changes: number;
	purges: number;
}

/** Processes that generate, edit and purge at random, and hold every answer against the truth. */
export class World {
	readonly truth = new Truth(single);
	readonly tally: Tally = { answers: 0, hits: 0, changes: 0, purges: 0 };
	readonly stores: Store[];
	readonly #random: ReturnType<typeof randomFrom>;
	readonly #processes: Process[];

	constructor(open: readonly Open[], random: ReturnType<typeof randomFrom>) {
		this.#random = random;
		this.stores = [];
		this.#processes = open.map((openOne) => {
			const store = openOne();
			this.stores.push(store);
			const stats = new StatsRecorder(store, clock);
			const models = new Models(store, clock, () => Promise.resolve());
			const process: Process = {
				cache: new AiCache<never>(store, clock, stats, models, SETTINGS),
				invalidator: new Invalidator(store, clock),
			};
			return process;
		});
	}

	/** One thing after another; several of these may run at once. */
	async run(steps: number): Promise<void> {
		for (let step = 0; step < steps; step++) {
			const die = this.#random();
			if (die < 0.75) await this.#ask();
			else if (die < 0.97) await this.#change();
			else await this.#purge();
		}
	}

	async #ask(): Promise<void> {
		const index = Math.floor(this.#random() * questions.length);
		const content = questions[index]!;
		const dependencies = { content, tags: [] };
		const floor = this.truth.floorOf(content);
		const answer = await this.#pick(this.#processes).cache.resolve({
			...IDENTITY,
			key: `openai:gpt-4o:question-${index}`,
			dependencies,
			tags: dependencyTags(IDENTITY.provider, IDENTITY.model, dependencies),
			mode: this.#random() < 0.05 ? 'no-cache' : 'default',
			signal: new AbortController().signal,
			wantsLive: false,
			generate: async () => {
				const readAt = this.truth.now;
				for (let turns = Math.floor(this.#random() * 8); turns > 0; turns--) await turn();
				return { done: Promise.resolve(generated(String(readAt))) };
			},
		});
		const { entry } = await answer.outcome;
		const readAt = Number(await textIn(entry));
		this.tally.answers++;
		if (answer.status === 'HIT') this.tally.hits++;
		if (readAt < floor) {
			const what = JSON.stringify(content);
			throw new Error(`${answer.status} of ${readAt}, though ${what} changed at ${floor} before it was asked`);
		}
	}

	async #change(): Promise<void> {
		const change = this.#anyChange();
		const acknowledge = this.truth.write((dependency) => alters(change, dependency));
		await this.#pick(this.#processes).invalidator.changed([change], { cause: 'event', event: change.kind });
		acknowledge();
		this.tally.changes++;
	}

	async #purge(): Promise<void> {
		const die = this.#random();
		const collection = this.#pick(COLLECTIONS);
		const criteria: InvalidationCriteria =
			die < 0.2 ? { all: true } : die < 0.5 ? { collection } : { collection, items: [this.#pick(ITEMS)] };
		const acknowledge = this.truth.write((dependency) => purges(criteria, dependency));
		await this.#pick(this.#processes).invalidator.purge(criteria, { cause: 'purge' });
		acknowledge();
		this.tally.purges++;
	}

	#anyChange(): ContentChange {
		const collection = this.#pick(COLLECTIONS);
		const items = [this.#pick(ITEMS), this.#pick(ITEMS)];
		const fields = [this.#pick(FIELDS)];
		const die = this.#random();
		if (die < 0.7) return { kind: 'update', collection, items, fields };
		if (die < 0.8) return { kind: 'delete', collection, items };
		if (die < 0.9) return { kind: 'create', collection, items };
		if (die < 0.95) return { kind: 'relation', collection, items, fields };
		return die < 0.98 ? { kind: 'sort', collection } : { kind: 'schema', collection };
	}

	#pick<Value>(values: readonly Value[]): Value {
		return values[Math.floor(this.#random() * values.length)]!;
	}
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
