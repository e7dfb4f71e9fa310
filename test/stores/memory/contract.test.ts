import { MemoryStore } from '../../../src/stores/memory/memory-store.ts';
import { JOURNAL_ROWS, MAX_ENTRY_BYTES, STALE_SECONDS } from '../../contract/harness.ts';
import { describeStore } from '../../contract/store.contract.ts';
import { fakeClock } from '../../support/clock.ts';

describeStore('the memory store', () => {
	const clock = fakeClock();
	const store = new MemoryStore({
		maxBytes: 10_000_000,
		maxEntryBytes: MAX_ENTRY_BYTES,
		staleSeconds: STALE_SECONDS,
		journalRows: JOURNAL_ROWS,
		clock,
	});
	return Promise.resolve({
		store,
		other: store,
		clock,
		undecodable: [],
		pass: async (ms) => clock.advance(ms),
		stop: () => store.close(),
	});
});
