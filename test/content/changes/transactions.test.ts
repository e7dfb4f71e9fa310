import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { CommitMemory, OpenTransactions } from '../../../src/content/changes/transactions.ts';
import { hasDatabase, openDatabase } from '../database.ts';

describe.skipIf(!hasDatabase)('CommitMemory', () => {
	let database: ReturnType<typeof openDatabase>;
	let commits: CommitMemory;
	beforeAll(() => {
		database = openDatabase();
		commits = new CommitMemory();
	});
	afterAll(() => database.destroy());

	it.each(['items.update', 'items.delete'])(
		'knows that %s is committed by a service with its own transaction',
		(event) => {
			const keys = [1];
			commits.expect(keys, database);
			expect(commits.isCommitted(event, keys)).toBe(true);
		},
	);

	it('does not assume a commit by a service in an outer transaction, nested ones too', async () => {
		await database.transaction(async (outer) => {
			const keys = [1];
			commits.expect(keys, outer);
			expect(commits.isCommitted('items.update', keys)).toBe(false);
			await outer.transaction((inner) => {
				const others = [2];
				commits.expect(others, inner);
				expect(commits.isCommitted('items.update', others)).toBe(false);
				return Promise.resolve();
			});
		});
	});

	it('does not assume a commit for keys that were also changed in a transaction, in either order', async () => {
		await database.transaction((transaction) => {
			for (const order of [
				[database, transaction],
				[transaction, database],
			]) {
				const keys = [1];
				for (const one of order) commits.expect(keys, one);
				expect(commits.isCommitted('items.update', keys)).toBe(false);
			}
			return Promise.resolve();
		});
	});

	it.each<[string, unknown]>([
		['a change that no filter was asked about', [1]],
		['keys that another extension replaced', [1]],
		['no keys', undefined],
	])('does not assume a commit of %s', (_, keys) => {
		commits.expect([1], database);
		expect(commits.isCommitted('items.update', keys)).toBe(false);
	});

	it.each(['items.create', 'items.sort', 'users.update', 'files.delete', 'articles.items.update'])(
		'does not assume a commit of %s',
		(event) => {
			const keys = [1];
			commits.expect(keys, database);
			expect(commits.isCommitted(event, keys)).toBe(false);
		},
	);

	it.each([undefined, null, {}])('does not assume a commit if the filter got %j as its database', (none) => {
		const keys = [1];
		commits.expect(keys, none);
		expect(commits.isCommitted('items.update', keys)).toBe(false);
	});
});

describe.skipIf(!hasDatabase)('a change reported in a transaction', () => {
	let database: ReturnType<typeof openDatabase>;
	let committed: string[][];
	let transactions: OpenTransactions;
	beforeAll(() => {
		database = openDatabase();
	});
	afterAll(() => database.destroy());
	beforeEach(() => {
		committed = [];
		transactions = new OpenTransactions((tags) => committed.push([...tags]));
	});

	it('is invalidated again after the commit, all tags at once', async () => {
		await database.transaction((transaction) => {
			for (const tags of [
				['a', 'b'],
				['b', 'c'],
			]) {
				transactions.watch(transaction);
				transactions.add(tags);
			}
			expect(committed).toEqual([]);
			return Promise.resolve();
		});
		expect(committed).toEqual([['a', 'b', 'c']]);
		transactions.add(['late']);
		expect(committed).toHaveLength(1);
	});

	it('is invalidated again when the outermost transaction commits', async () => {
		await database.transaction(async (outer) => {
			await outer.transaction((inner) => {
				transactions.watch(inner);
				transactions.add(['a']);
				return Promise.resolve();
			});
			expect(committed).toEqual([]);
		});
		expect(committed).toEqual([['a']]);
	});

	it('counts as uncommitted exactly while any transaction is open', async () => {
		expect(transactions.hasUncommitted).toBe(false);
		await database.transaction((transaction) => {
			transactions.watch(transaction);
			expect(transactions.hasUncommitted).toBe(true);
			return Promise.resolve();
		});
		expect(transactions.hasUncommitted).toBe(false);
	});

	it('is not invalidated again after a rollback, nor is anything in an empty transaction', async () => {
		const failed = database.transaction((transaction) => {
			transactions.watch(transaction);
			transactions.add(['a']);
			throw new Error('rolled back');
		});
		await expect(failed).rejects.toThrow('rolled back');
		await database.transaction((transaction) => {
			transactions.watch(transaction);
			return Promise.resolve();
		});
		expect(committed).toEqual([]);
	});

	it.each([undefined, null, {}])('is ignored if the filter got %j as its database', (none) => {
		transactions.watch(none);
		transactions.watch(database);
		transactions.add(['a']);
		expect(committed).toEqual([]);
	});
});
