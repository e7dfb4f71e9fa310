import { randomFillSync } from 'node:crypto';

/** Length of every id, in bytes of ASCII. */
export const ID_LENGTH = 12;

const BYTES = 9;
const pool = Buffer.allocUnsafe(BYTES * 256);
let used = pool.length;

/** 72 random bits, base64url. Drawn from a pool: tokens are made by the thousand. */
export function newId(): string {
	if (used === pool.length) {
		randomFillSync(pool);
		used = 0;
	}
	used += BYTES;
	return pool.toString('base64url', used - BYTES, used);
}
