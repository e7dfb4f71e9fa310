import type { InvalidationCriteria } from '../../../src/shared/api-types.ts';
import type { ProviderEmulator } from '../../support/provider-emulator.ts';
import type { Directus } from './directus.ts';
import { asker } from './generations.ts';
import type { DirectusProcess } from './process.ts';
import {
	ARTICLES,
	type Field,
	FIELDS,
	type Known,
	type Made,
	openContent,
	type Question,
	questions,
	staleness,
	type Written,
} from './random-content.ts';

/** What happened, to be held against what should have. `refused`: changes that Directus answered with an error. */
export interface Tally {
	answers: number;
	hits: number;
	coalesced: number;
	updates: number;
	creations: number;
	deletions: number;
	purges: number;
	refused: number;
}

/** Generates, edits and purges at random in a real Directus, and holds every answer against what is true. */
export class RandomSite {
	readonly tally: Tally = {
		answers: 0,
		hits: 0,
		coalesced: 0,
		updates: 0,
		creations: 0,
		deletions: 0,
		purges: 0,
		refused: 0,
	};
	readonly #directus: Directus;
	readonly #emulator: ProviderEmulator;
	readonly #random: () => number;
	readonly #content: ReturnType<typeof openContent>;
	readonly #calls = questions.map(() => 0);
	readonly #articles = new Map<number, Written>(ARTICLES.map((id) => [id, { title: 0, body: 0 }]));
	readonly #gone = new Set<number>();
	readonly #leaving = new Set<number>();
	/** Articles that are being written: their next number must not overtake the one before. */
	readonly #busy = new Set<number>();
	#numbers = 0;

	constructor(directus: Directus, emulator: ProviderEmulator, random: () => number) {
		this.#directus = directus;
		this.#emulator = emulator;
		this.#random = random;
		this.#content = openContent(directus);
		emulator.setText(() => JSON.stringify({ call: emulator.calls(), articles: this.#content.read() } satisfies Made));
	}

	/** One thing after another; several of these may run at once. */
	async run(steps: number): Promise<void> {
		for (let step = 0; step < steps; step++) {
			const die = this.#random();
			if (die < 0.65) await this.#ask();
			else if (die < 0.85) await this.#update();
			else if (die < 0.9) await this.#create();
			else if (die < 0.94) await this.#delete();
			else await this.#purge();
		}
	}

	close(): void {
		this.#content.close();
	}

	async #ask(): Promise<void> {
		const index = Math.floor(this.#random() * questions.length);
		const { prompt, dependency } = questions[index]!;
		const known: Known = {
			calls: [...this.#calls],
			articles: new Map(this.#articles),
			gone: new Set(this.#gone),
		};
		const process = this.#pick(this.#directus.processes);
		const ask = asker(process);
		const answer = await ask({ provider: 'openai', model: 'gpt-4o-mini', prompt, depends_on: [dependency] });
		if (answer.data === undefined) throw new Error(`${answer.status} ${JSON.stringify(answer.errors)}`);
		this.tally.answers++;
		if (answer.cache === 'HIT') this.tally.hits++;
		if (answer.cache === 'COALESCED') this.tally.coalesced++;
		const stale = staleness(JSON.parse(answer.data.text) as Made, index, known, this.#leaving);
		if (stale !== null)
			throw new Error(`${answer.cache} from ${process.name} on ${JSON.stringify(dependency)} ${stale}`);
	}

	/** One article, several with the same fields, or several with fields of their own. */
	async #update(): Promise<void> {
		const ids = [...new Set([this.#article(), this.#article()])].filter((id) => !this.#busy.has(id));
		if (ids.length === 0) return;
		const number = ++this.#numbers;
		const fields = this.#random() < 0.2 ? FIELDS : [this.#pick(FIELDS)];
		const data = Object.fromEntries(fields.map((field) => [field, `v${number}`]));
		const shapes: [path: string, body: unknown][] = [
			['/items/articles', { keys: ids, data }],
			['/items/articles', ids.map((id) => ({ id, ...data }))],
			['/items/articles', { query: { filter: { id: { _in: ids } } }, data }],
		];
		const alone: [string, unknown] = [`/items/articles/${ids[0]}`, data];
		const [path, body] = ids.length === 1 ? alone : this.#pick(shapes);
		await this.#write(ids, 'PATCH', path, body, () => {
			this.tally.updates++;
			for (const id of ids) this.#written(id, fields, number);
		});
	}

	async #create(): Promise<void> {
		const number = ++this.#numbers;
		const data = { title: `v${number}`, body: `v${number}` };
		await this.#write([], 'POST', '/items/articles', data, (created) => {
			this.tally.creations++;
			const { id } = created as { id: number };
			this.#articles.set(id, { title: number, body: number });
		});
	}

	async #delete(): Promise<void> {
		const ids = [...this.#articles.keys()].filter((id) => !ARTICLES.includes(id) && !this.#busy.has(id));
		if (ids.length === 0) return;
		const id = this.#pick(ids);
		this.#leaving.add(id);
		await this.#write([id], 'DELETE', `/items/articles/${id}`, undefined, () => {
			this.tally.deletions++;
			this.#articles.delete(id);
			this.#gone.add(id);
		});
	}

	async #purge(): Promise<void> {
		const die = this.#random();
		const item = this.#pick(ARTICLES);
		const criteria: InvalidationCriteria =
			die < 0.2
				? { provider: 'openai' }
				: die < 0.5
					? { collection: 'articles' }
					: { collection: 'articles', items: [item] };
		const isMet = ({ dependency: { items } }: Question) => criteria.items === undefined || items?.includes(item);
		const from = this.#emulator.calls() + 1;
		await this.#write([], 'POST', '/ai-cache/invalidate', criteria, () => {
			this.tally.purges++;
			questions.forEach((question, index) => {
				if (isMet(question)) this.#calls[index] = Math.max(this.#calls[index]!, from);
			});
		});
	}

	/** A change that is refused says nothing of what is in force; whatever is acknowledged counts from that moment on. */
	async #write(
		ids: readonly number[],
		method: string,
		path: string,
		body: unknown,
		acknowledged: (data: unknown) => void,
	): Promise<void> {
		for (const id of ids) this.#busy.add(id);
		const process: DirectusProcess = this.#pick(this.#directus.processes);
		const answer = await process.api<{ data?: unknown } | undefined>(method, path, body);
		for (const id of ids) this.#busy.delete(id);
		if (answer.status < 300) acknowledged(answer.body?.data);
		else this.tally.refused++;
	}

	#written(id: number, fields: readonly Field[], number: number): void {
		const before = this.#articles.get(id)!;
		this.#articles.set(id, { ...before, ...Object.fromEntries(fields.map((field) => [field, number])) });
	}

	#article(): number {
		return this.#pick([...this.#articles.keys()]);
	}

	#pick<Value>(values: readonly Value[]): Value {
		return values[Math.floor(this.#random() * values.length)]!;
	}
}
