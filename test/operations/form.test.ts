import { afterEach, describe, expect, it, vi } from 'vitest';

import generate from '../../src/operations/generate/app.ts';
import { buildGenerateForm } from '../../src/operations/generate/form.ts';
import { buildRequest } from '../../src/operations/generate/request.ts';
import invalidate from '../../src/operations/invalidate/app.ts';
import { buildInvalidateForm } from '../../src/operations/invalidate/form.ts';
import { buildInvalidation } from '../../src/operations/invalidate/request.ts';

afterEach(() => vi.unstubAllGlobals());

const read = (parse: (options: Record<string, unknown>) => unknown, options: Record<string, unknown>): Set<string> => {
	const asked = new Set<string>();
	parse(new Proxy(options, { get: (target, name: string) => (asked.add(name), target[name]) }));
	return asked;
};

describe('the forms of the steps', () => {
	it('have a field for every option that is read, and no other but the switch that shows some', () => {
		const generated = read((options) => buildRequest(options, null), {
			provider: 'openai',
			model: 'm',
			prompt: 'p',
		});
		expect(new Set(buildGenerateForm({}).map(({ field }) => field))).toEqual(new Set([...generated, 'show_caching']));
		const invalidated = read(buildInvalidation, { all: true });
		expect(new Set(buildInvalidateForm().map(({ field }) => field))).toEqual(invalidated);
	});

	it('suggest the models of the provider chosen, and take any other', () => {
		const model = buildGenerateForm({ provider: 'deepseek' }).find(({ field }) => field === 'model');
		expect(JSON.stringify(model?.meta?.options)).toContain('deepseek-chat');
		expect(JSON.stringify(model?.meta?.options)).not.toContain('gpt');
		expect(model?.meta?.options).toMatchObject({ allowOther: true });
	});

	it('ask for the model, the prompt, the collection and the item before anything else, and hide none of these', () => {
		const first = buildGenerateForm({}).slice(0, 5);
		expect(first.map(({ field }) => field)).toEqual(['provider', 'model', 'prompt', 'collection', 'item']);
		expect(first.filter(({ meta }) => meta?.hidden)).toEqual([]);
	});

	it('say beside each tick what it does, where Directus would say "Enabled"', () => {
		const labels = () =>
			[...buildGenerateForm({}), ...buildInvalidateForm()]
				.filter(({ type }) => type === 'boolean')
				.map(({ meta }) => meta?.options?.['label'] as string);
		expect(labels()).toEqual([
			'Show cache options',
			'Invalidate everything',
			'Count the entries without invalidating them',
		]);
		vi.stubGlobal('document', { documentElement: { lang: 'de-DE' } });
		expect(labels()[0]).toBe('Cache-Optionen anzeigen');
	});

	it('hide what belongs to caching until it is asked for', () => {
		const ttl = buildGenerateForm({}).find(({ field }) => field === 'ttl');
		expect(ttl?.meta).toMatchObject({
			hidden: true,
			conditions: [{ rule: { show_caching: { _eq: true } }, hidden: false }],
		});
	});

	it('speak the language of the Studio', () => {
		const nameOfItem = () => buildGenerateForm({}).find(({ field }) => field === 'item')?.name;
		expect(nameOfItem()).toBe('Item');
		vi.stubGlobal('document', { documentElement: { lang: 'de-DE' } });
		expect(nameOfItem()).toBe('Element');
		expect(generate.name).toBe('KI-Cache: Erzeugen');
		vi.stubGlobal('document', { documentElement: { lang: 'fr-FR' } });
		expect([generate.name, nameOfItem()]).toEqual(['AI Cache: Generate', 'Item']);
	});

	it('show in the flow what the step does', () => {
		const overview = generate.overview as (options: object, flow: object) => { text: string }[];
		const lines = overview({ provider: 'openai', model: 'gpt-4o', prompt: 'Sum up', collection: null }, {});
		expect(lines.map(({ text }) => text)).toEqual(['OpenAI · gpt-4o', 'Sum up']);
	});

	it('show in the flow what the step drops, in the words of its form', () => {
		const overview = invalidate.overview as (options: object, flow: object) => object[];
		const chosen = {
			collection: 'articles',
			fields: ['title', 'body'],
			items: null,
			provider: 'openai',
			dry_run: false,
		};
		expect(overview(chosen, {})).toEqual([
			{ label: 'Collection', text: 'articles' },
			{ label: 'Fields', text: 'title, body' },
			{ label: 'Provider', text: 'OpenAI' },
		]);
		vi.stubGlobal('document', { documentElement: { lang: 'de-DE' } });
		expect(overview({ all: true, dry_run: true }, {})).toEqual([
			{ label: 'Gilt für', text: 'Alles' },
			{ label: 'Modus', text: 'Nur zählen' },
		]);
	});
});
