import type { Section } from '../../../cache/entry.ts';
import { BoundedEntries } from '../../shared/cost-aware-lru.ts';
import type { StoredRecord } from './record-codec.ts';

/** The decoded meta, the objects around it and its places in table and queue, as measured. */
const KNOWN_BYTES = 2600;

/**
 * Records that this process has decoded, bounded by bytes: work that need not be done twice. One is used only if the
 * record that was just read from Redis has the same owner.
 */
export class FirstLevel {
	readonly #records: BoundedEntries<StoredRecord>;

	constructor(maxBytes: number) {
		this.#records = new BoundedEntries(maxBytes);
	}

	get(key: string): StoredRecord | undefined {
		return this.#records.get(key);
	}

	/** Returns what is used from now on: a copy that does not hold on to the socket's buffer. */
	set(key: string, record: StoredRecord): StoredRecord {
		const { meta, body, request } = record.entry;
		const bytes = KNOWN_BYTES + body.bytes.length + request.bytes.length + 8 * record.tokens.length;
		if (bytes > this.#records.max) return record;
		const own = { ...record, entry: { meta, body: copySection(body), request: copySection(request) } };
		this.#records.set(key, own, bytes, meta.costTier);
		return own;
	}

	delete(key: string): void {
		this.#records.delete(key);
	}

	get figures(): { entries: number; used: number; max: number } {
		return { entries: this.#records.size, used: this.#records.bytes, max: this.#records.max };
	}
}

function copySection(section: Section): Section {
	const bytes = Buffer.allocUnsafeSlow(section.bytes.length);
	section.bytes.copy(bytes);
	return { ...section, bytes };
}
