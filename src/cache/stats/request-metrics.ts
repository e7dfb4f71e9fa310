import type { CacheStatus, Provider, Saved } from '../../shared/api-types.ts';
import type { Entry } from '../entry.ts';
import type { Generated } from '../generation/types.ts';
import type { Identity, StatsRecorder } from './recorder.ts';

/** What an answer from the cache spares: what it cost to make. */
export function savedBy({ meta }: Entry): Saved {
	return { usd: meta.usd, tokens: meta.usage.input_tokens + meta.usage.output_tokens, ms: meta.durationMs };
}

/** Told how many milliseconds a generation took at its provider. */
export type OnGenerated = (provider: Provider, ms: number) => void;

/** Turns what happened to a request into counters. */
export class Accounting {
	readonly #stats: StatsRecorder;
	readonly #onGenerated: OnGenerated;

	constructor(stats: StatsRecorder, onGenerated: OnGenerated = () => {}) {
		this.#stats = stats;
		this.#onGenerated = onGenerated;
	}

	/** A stream that was joined, and grew too large to be known as an entry: what it spared is not known either. */
	shared(identity: Identity): void {
		this.#stats.count(identity, { hits: 1, coalesced: 1, hits_without_usage: 1 });
	}

	hit(identity: Identity, entry: Entry, status: 'HIT' | 'STALE' | 'COALESCED'): void {
		const { usd, tokens, ms } = savedBy(entry);
		this.#stats.count(identity, {
			[status === 'STALE' ? 'stale' : 'hits']: 1,
			...(status === 'COALESCED' && { coalesced: 1 }),
			...(tokens === 0 && { hits_without_usage: 1 }),
			saved_usd: usd,
			saved_tokens: tokens,
			saved_ms: ms,
		});
		this.#stats.hit(entry.meta.key);
	}

	miss(identity: Identity, status: CacheStatus): void {
		this.#stats.count(identity, status === 'BYPASS' ? { bypassed: 1 } : { misses: 1 });
	}

	spent(identity: Identity, { draft }: Generated): void {
		this.#stats.count(identity, {
			spent_usd: draft.usd,
			spent_tokens: draft.usage.input_tokens + draft.usage.output_tokens,
			spent_ms: draft.durationMs,
		});
		this.#onGenerated(identity.provider, draft.durationMs);
	}

	stored(identity: Identity, { meta, body, request }: Entry): void {
		this.#stats.count(identity, { stored: 1, stored_bytes: body.bytes.length + request.bytes.length });
		this.#stats.replaced(meta.key);
	}

	failed(identity: Identity): void {
		this.#stats.count(identity, { errors: 1 });
	}
}

export const identityOf = ({ provider, model, collection }: Identity): Identity => ({ provider, model, collection });
