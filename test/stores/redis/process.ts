import type { Lookup } from '../../../src/cache/store.ts';
import { RedisStore } from '../../../src/stores/redis/store.ts';
import { JOURNAL_ROWS, MAX_ENTRY_BYTES, STALE_SECONDS } from '../../contract/limits.ts';

/**
 * A process of its own that answers from its first level without pause, and remembers when it last did so.
 * Started with `fork`; `url namespace` are its arguments.
 */
const [url = '', namespace = ''] = process.argv.slice(2);
const store = new RedisStore({
	connection: { url, connectTimeoutMs: 2000 },
	namespace,
	firstLevelBytes: 1_000_000,
	maxEntryBytes: MAX_ENTRY_BYTES,
	maxTtl: 86_400,
	staleSeconds: STALE_SECONDS,
	journalRows: JOURNAL_ROWS,
});
await store.open();

let watched: Lookup | null = null;
let lastAnswered = 0;
let looking = false;

function look(): void {
	if (watched === null) return;
	if (store.peek(watched)) lastAnswered = Date.now();
	else if (!looking) void lookUp(watched);
	setImmediate(look);
}

/** Keeps the first level warm, and counts as an answer itself, by the time at which it was asked. */
async function lookUp(lookup: Lookup): Promise<void> {
	looking = true;
	const asked = Date.now();
	const [found] = await store.lookup([lookup]).catch(() => []);
	if (found?.state === 'fresh') lastAnswered = Math.max(lastAnswered, asked);
	looking = false;
}

process.on('message', (lookup: Lookup | 'report') => {
	if (lookup === 'report') {
		process.send?.(lastAnswered);
		return;
	}
	const idle = watched === null;
	watched = lookup;
	lastAnswered = 0;
	if (idle) look();
});
process.on('disconnect', () => process.exit(0));
process.send?.('ready');
