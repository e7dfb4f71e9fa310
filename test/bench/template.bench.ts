/** The cost of an item template, compared with reading the same fields from Directus. */
import { startProviderEmulator } from '../support/provider-emulator.ts';
import { startDirectus } from '../e2e/support/directus.ts';
import { median, quantile, time } from './support/timing.ts';
import { milliseconds, ratio, section, table } from './support/table.ts';

const ROUNDS = 75;
const PER_ROUND = 20;
const ARTICLES = 10;
const FIELDS = 'title,author.name,tags.tags_id.label,translations.title';
const TEMPLATE = '{{title}} by {{author.name}}, about {{tags.tags_id.label}}, {{translations.title}}';

const emulator = await startProviderEmulator();
const directus = await startDirectus({
	env: { ...emulator.environment(), AI_CACHE_STORE: 'memory', LOG_LEVEL: 'silent' },
});
const template = { provider: 'openai', model: 'gpt-4o-mini', prompt: TEMPLATE, collection: 'articles' };
const { collection: _, ...plain } = template;
const ways: { name: string; work: (index: number) => Promise<unknown>; took: number[] }[] = [
	{
		name: '`GET` of the same fields',
		work: (index) => directus.data('GET', `/items/articles/${(index % ARTICLES) + 1}?fields=${FIELDS}`),
		took: [],
	},
	{
		name: 'hit of an item template',
		work: (index) => directus.data('POST', '/ai-cache/lookup', { ...template, item: (index % ARTICLES) + 1 }),
		took: [],
	},
	{
		name: 'hit of a request without a template',
		work: (index) => directus.data('POST', '/ai-cache/lookup', { ...plain, prompt: `${index % ARTICLES}` }),
		took: [],
	},
];
for (let item = 1; item <= ARTICLES; item++) {
	await directus.data('POST', '/ai-cache/generate', { ...template, item });
	await directus.data('POST', '/ai-cache/generate', { ...plain, prompt: `${item - 1}` });
}
for (let round = 0; round < ROUNDS; round++) {
	// Forwards in one round, backwards in the next, so that what else the machine does hits each alike.
	for (const { work, took } of round % 2 === 0 ? ways : ways.toReversed()) {
		for (let index = 0; index < PER_ROUND; index++) took.push(await time(() => work(round * PER_ROUND + index)));
	}
}
const [reading] = ways;
section(
	'An item template compared with reading the item',
	`\`${TEMPLATE}\`, rendered with the caller's permissions for each request, and \`GET /items/articles/1?fields=${FIELDS}\`; ${ROUNDS * PER_ROUND} each, in turns. Milliseconds.`,
	table([
		['', 'p50', 'p99', 'to the `GET`'],
		...ways.map(({ name, took }) => [
			name,
			milliseconds(median(took)),
			milliseconds(quantile(took, 0.99)),
			ratio(median(took), median(reading!.took)),
		]),
	]),
);
await directus.stop();
await emulator.stop();
process.exit(0);
