import type { Tag } from '../../cache/tags/tags.ts';

/** A request as far as events can be told to be its own: Directus hands its accountability on to them. */
export interface Writing {
	readonly accountability?: unknown;
}

/** Whatever is open longer has lost its end. */
const MAX_OPEN_MS = 3_600_000;

/**
 * The requests under way that may write, with the tags that each has invalidated, perhaps before what it wrote was
 * committed. No `AsyncLocalStorage`, which would make every promise of Directus dearer.
 */
export class OpenWrites {
	readonly #open = new Map<Writing, { since: number; tags: Set<Tag> }>();
	readonly #now: () => number;

	/** `now` in milliseconds, of a clock that only runs. */
	constructor(now: () => number = () => performance.now()) {
		this.#now = now;
	}

	open(request: Writing): void {
		const now = this.#now();
		for (const [oldest, { since }] of this.#open) {
			if (now - since <= MAX_OPEN_MS) break;
			this.#open.delete(oldest);
		}
		this.#open.set(request, { since: now, tags: new Set() });
	}

	/**
	 * Where the event's accountability is no open request's, as that of a Flow, any of them may have caused it. Answers
	 * whether it is one's.
	 */
	add(tags: readonly Tag[], accountability: unknown): boolean {
		const all = [...this.#open];
		const own = all.filter(([request]) => isSame(request.accountability, accountability));
		for (const [, written] of own.length > 0 ? own : all) for (const tag of tags) written.tags.add(tag);
		return own.length > 0;
	}

	/** Answers what the request has invalidated; null where it is not open. */
	close(request: Writing): Tag[] | null {
		const written = this.#open.get(request);
		this.#open.delete(request);
		return written ? [...written.tags] : null;
	}
}

const isSame = (one: unknown, other: unknown): boolean => typeof one === 'object' && one !== null && one === other;

const PLACE = Symbol.for('directus-extension-ai-cache.open-writes');
const shared = globalThis as Record<symbol, OpenWrites | undefined>;

/** Those of the process, shared by all versions of this module: a middleware outlives the reload of its extension. */
export const openWrites: OpenWrites = (shared[PLACE] ??= new OpenWrites());
