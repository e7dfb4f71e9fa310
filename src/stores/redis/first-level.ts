import type { Tag } from '../../cache/dependencies.ts';
import type { Entry, Section } from '../../cache/entry.ts';
import { BoundedEntries } from '../bounded-entries.ts';
import type { KnownToken } from './tokens.ts';

interface Known {
	entry: Entry;
	tokens: readonly KnownToken[];
	/** Seen in full agreement with this list before. */
	coveredTags: readonly Tag[];
}

/** The decoded meta, the objects around it and its places in table and queue, as measured. */
const KNOWN_BYTES = 2600;

/** Decoded entries with the tokens that the bus keeps current, bounded by bytes. */
export class FirstLevel {
	readonly #entries: BoundedEntries<Known>;

	constructor(maxBytes: number) {
		this.#entries = new BoundedEntries(maxBytes);
	}

	get(key: string): Known | undefined {
		return this.#entries.get(key);
	}

	set(entry: Entry, tokens: readonly KnownToken[], tags: readonly Tag[]): void {
		const bytes = KNOWN_BYTES + entry.body.bytes.length + entry.request.bytes.length + 8 * tokens.length;
		if (bytes > this.#entries.max) return;
		const own: Entry = { meta: entry.meta, body: copySection(entry.body), request: copySection(entry.request) };
		this.#entries.set(entry.meta.key, { entry: own, tokens, coveredTags: tags }, bytes, entry.meta.costTier);
	}

	covers(known: Known, tags: readonly Tag[]): boolean {
		if (known.coveredTags === tags) return true;
		if (!tags.every((tag) => known.entry.meta.tags.includes(tag))) return false;
		known.coveredTags = tags;
		return true;
	}

	delete(key: string): void {
		this.#entries.delete(key);
	}

	clear(): void {
		this.#entries.clear();
	}

	get figures(): { entries: number; used: number; max: number } {
		return { entries: this.#entries.size, used: this.#entries.bytes, max: this.#entries.max };
	}
}

/** A slice of the socket's buffer would keep all of that. */
function copySection(section: Section): Section {
	const bytes = Buffer.allocUnsafeSlow(section.bytes.length);
	section.bytes.copy(bytes);
	return { ...section, bytes };
}
