import type { Entry } from '../../src/cache/entry.ts';
import { newId } from '../../src/cache/ids.ts';
import type { CommitResult, Lookup, Reservation, Store } from '../../src/cache/store.ts';
import type { FakeClock } from '../support/clock.ts';
import { LEASE_MS } from './limits.ts';
import { type SampleOptions, sampleEntry } from './fixtures.ts';

export * from './limits.ts';

/** A store under test. Where it is shared by processes, `other` is it as another process sees it. */
export interface StoreHarness {
	store: Store;
	other: Store;
	clock: FakeClock;
	/** Keys that the stores reported as undecodable. */
	undecodable: string[];
	/** Lets time pass for leases as well, which a real Redis measures by its own clock. */
	pass(ms: number): Promise<void>;
	/** Damages what is stored at the key; absent where nothing outside the store can. */
	damage?(key: string, bytes: Buffer): Promise<void>;
	stop(): Promise<void>;
}

export type StartHarness = () => Promise<StoreHarness>;

export const lookupOf = (entry: Entry): Lookup => ({ key: entry.meta.key, tags: entry.meta.tags });

/** Reserves; fails the test where another holds the key. */
export async function reserve(store: Store, lookup: Lookup, force = false): Promise<Reservation> {
	const reservation = await store.begin({ ...lookup, owner: newId(), force, leaseMs: LEASE_MS });
	if (reservation === null) throw new Error(`another holds ${lookup.key}`);
	return reservation;
}

export async function commitTo(store: Store, entry: Entry, force = false): Promise<CommitResult | undefined> {
	const reservation = await reserve(store, lookupOf(entry), force);
	return (await store.commit([{ reservation, entry }]))[0];
}

/** Makes an entry and stores it. */
export async function put(harness: StoreHarness, options: SampleOptions = {}, store = harness.store): Promise<Entry> {
	const entry = sampleEntry(harness.clock, options);
	const result = await commitTo(store, entry, true);
	if (result !== 'stored') throw new Error(`${entry.meta.key} was not stored: ${String(result)}`);
	return entry;
}

/** Whether the store answers the entry's own request with a fresh entry. */
export async function answers(store: Store, entry: Entry): Promise<boolean> {
	const [found] = await store.lookup([lookupOf(entry)]);
	return found?.state === 'fresh' && found.covers;
}
