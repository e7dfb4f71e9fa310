import type { ContentChange, ContentDependency } from '../../src/cache/tags/tags.ts';
import type { InvalidationCriteria } from '../../src/shared/api-types.ts';

/** Numbers from 0 to 1, the same ones for the same seed (mulberry32). */
export function randomFrom(seed: number): () => number {
	let state = seed >>> 0;
	return () => {
		state = (state + 0x6d2b79f5) >>> 0;
		let mixed = Math.imul(state ^ (state >>> 15), state | 1);
		mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
		return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
	};
}

const meet = (one: readonly string[] | undefined, other: readonly string[]): boolean =>
	one === undefined || one.some((value) => other.includes(value));

/** Whether the change alters what the dependency names; said without tags or tokens, as the documentation says it. */
export function alters(change: ContentChange, { collection, items, fields }: ContentDependency): boolean {
	if (change.collection !== collection) return false;
	switch (change.kind) {
		case 'schema':
			return true;
		case 'sort':
			return items === undefined;
		case 'create':
		case 'delete':
			return meet(items, change.items);
		case 'update':
			return meet(items, change.items) && meet(fields, change.fields);
		case 'relation':
			return (items === undefined || meet(items, change.items)) && fields !== undefined && meet(fields, change.fields);
	}
}

/** Whether the purge is of what the dependency names. */
export function purges({ all, collection, items }: InvalidationCriteria, dependency: ContentDependency): boolean {
	if (all) return true;
	if (collection !== dependency.collection) return false;
	return items === undefined || (dependency.items?.some((item) => items.map(String).includes(item)) ?? false);
}

/**
 * What is true: a number for each moment at which content was written. An answer carries the number at which its content
 * was read; it is stale when a change of what it depends on came later and was acknowledged before the answer was asked.
 */
export class Truth {
	#now = 0;
	/** By dependency: the number of the last acknowledged change. */
	readonly #floors = new Map<ContentDependency, number>();

	constructor(dependencies: readonly ContentDependency[]) {
		for (const dependency of dependencies) this.#floors.set(dependency, 0);
	}

	get now(): number {
		return this.#now;
	}

	/** The least number that an answer with these dependencies may carry when it is asked now. */
	floorOf(dependencies: readonly ContentDependency[]): number {
		return Math.max(...dependencies.map((dependency) => this.#floors.get(dependency) ?? 0));
	}

	/** Writes; the returned function acknowledges. */
	write(isAltered: (dependency: ContentDependency) => boolean): () => void {
		const at = ++this.#now;
		return () => {
			for (const [dependency, floor] of this.#floors) {
				if (isAltered(dependency)) this.#floors.set(dependency, Math.max(floor, at));
			}
		};
	}
}
