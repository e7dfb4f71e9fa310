import { RedisStore } from '../../../src/stores/redis/redis-store.ts';
import { JOURNAL_ROWS, MAX_ENTRY_BYTES, STALE_SECONDS } from '../../contract/limits.ts';
import { startEmbedding } from './embedding.ts';

/** Asks for one embedding and waits for it. Started with `fork`; its arguments are `redis namespace provider input`. */
const [url = '', namespace = '', baseUrl = '', input = ''] = process.argv.slice(2);
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
await startEmbedding(store, baseUrl).ask(input);
