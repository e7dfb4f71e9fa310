import type { Found } from '../../../cache/entry.ts';
import type { Reservation } from '../../../cache/store.ts';
import { memberOf, type StoredRecord } from './record-codec.ts';

/** What the Redis store captured for a generation. */
export interface Captured {
	/** One per tag, in their order. */
	tokens: string[];
	/** The record that stood at the key, and its size. */
	replaced: { record: StoredRecord; size: number } | undefined;
}

export interface RedisReservation extends Reservation {
	readonly tokens: Captured;
}

export const capturedOf = (reservation: Reservation): Captured => (reservation as RedisReservation).tokens;

export const memberOfReservation = ({ owner, key }: Reservation): string => memberOf(owner, key);

export function reservationOf(
	lookup: Pick<Reservation, 'key' | 'tags'>,
	owner: string,
	captured: Captured,
	replaces: Found | undefined,
): RedisReservation {
	return { key: lookup.key, tags: lookup.tags, owner, tokens: captured, replaces };
}
