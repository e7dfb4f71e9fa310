/** Whether the memory store keeps to its bound while a million distinct entries pass through it. */
import { MemoryStore } from '../../src/stores/memory/memory-store.ts';
import { fill } from './support/entries.ts';
import { memoryInUse } from './support/memory-use.ts';
import { megabytes, progress, ratio, section, table } from './support/table.ts';

const MAX_BYTES = 256 * 2 ** 20;
const ENTRIES = 1_000_000;
const STEPS = 10;

const store = new MemoryStore({ maxBytes: MAX_BYTES, maxEntryBytes: 2 ** 22, staleSeconds: 0, journalRows: 100 });
await fill(store, 'warm-up', 1000, 800);
await store.removeKeys(Array.from({ length: 1000 }, (_, index) => `warm-up:${index}`));
const before = memoryInUse();
const rows: (string | number)[][] = [];
for (let step = 1; step <= STEPS; step++) {
	progress(`${(step * ENTRIES) / STEPS} entries`);
	await fill(store, `step${step}`, ENTRIES / STEPS, 500 + step * 250);
	const used = memoryInUse() - before;
	const [held] = await store.count(['*']);
	rows.push([
		((step * ENTRIES) / STEPS).toLocaleString('en'),
		(held ?? 0).toLocaleString('en'),
		megabytes(used),
		ratio(used, MAX_BYTES),
	]);
}
section(
	'Memory store at its limit',
	`\`AI_CACHE_MEMORY_MAX\` is ${megabytes(MAX_BYTES)} MB. Answers of 0.75 to 3 KB, each with its own item. Heap and external memory after a full garbage collection.`,
	table([['entries passed', 'held', 'MB in use', 'to the bound'], ...rows]),
);
