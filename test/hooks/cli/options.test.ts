import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { parseInvalidationOptions, parseStatsQuery, parseWarmRequest } from '../../../src/hooks/cli/options.ts';

let folder: string;

beforeAll(async () => {
	folder = await mkdtemp(path.join(tmpdir(), 'ai-cache-cli-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function file(content: string): Promise<string> {
	const name = path.join(folder, 'requests.json');
	await writeFile(name, content);
	return name;
}

describe('command-line flags', () => {
	it('become the query for statistics', () => {
		const options = { provider: 'mistral', from: '2026-01-31T12:00:00Z', interval: 'hour', json: true };
		expect(parseStatsQuery(options)).toEqual({
			provider: 'mistral',
			from: Date.UTC(2026, 0, 31, 12),
			interval: 'hour',
		});
		expect(parseStatsQuery({})).toEqual({});
	});

	it('become an invalidation, with comma-separated lists', () => {
		const options = { collection: 'articles', items: '1, 2,', fields: 'title', dryRun: true };
		expect(parseInvalidationOptions(options)).toEqual({
			collection: 'articles',
			items: ['1', '2'],
			fields: ['title'],
			dry_run: true,
		});
	});

	it('become a warming job, from a count or a file', async () => {
		expect(await parseWarmRequest({ top: '20', budget: '0.5' })).toEqual({ top: 20, budget_usd: 0.5 });
		const request = { provider: 'openai', model: 'gpt-4o', prompt: 'Hello' };
		expect(await parseWarmRequest({ requests: await file(JSON.stringify([request])) })).toEqual({
			requests: [request],
		});
	});

	it.each([
		['a provider that nobody knows', () => parseStatsQuery({ provider: 'acme' }), '--provider must be one of openai'],
		['an invalid time', () => parseStatsQuery({ to: 'yesterday' }), '--to must be a time'],
		['an interval that is none', () => parseStatsQuery({ interval: 'week' }), '--interval'],
		['an empty flag', () => parseInvalidationOptions({ model: ' ' }), '--model is empty'],
		['no criteria at all', () => parseInvalidationOptions({ dryRun: true }), '--all'],
		['items without their collection', () => parseInvalidationOptions({ items: '1' }), 'collection'],
	])('are rejected by name: %s', (_, read, message) => {
		expect(read).toThrow(message);
	});

	it.each([
		['neither count nor file', {}, '--top or --requests'],
		['both', { top: '1', requests: 'x.json' }, '--top or --requests'],
		['a count that is none', { top: '0' }, '--top'],
		['a budget below nought', { top: '1', budget: '-1' }, '--budget'],
		['a file that is not there', { requests: 'nowhere.json' }, 'nowhere.json'],
	])('for warming are rejected by name: %s', async (_, options, message) => {
		await expect(parseWarmRequest(options)).rejects.toThrow(message);
	});

	it.each([
		['invalid JSON', '{', 'is not valid JSON'],
		['an object', '{}', 'must contain a list'],
		['a request without a model', '[{"provider":"openai","prompt":"x"}]', 'model'],
	])('for warming reject a file with %s', async (_, content, message) => {
		await expect(parseWarmRequest({ requests: await file(content) })).rejects.toThrow(message);
	});
});
