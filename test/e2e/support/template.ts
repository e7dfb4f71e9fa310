import { cp, mkdir, mkdtemp, rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';

import { createContent } from './content.ts';
import { dataOf, exactVersionOf, type Major } from './paths.ts';
import { runCommand, startProcess } from './process.ts';

/** Raised when the sample content or the way of making a template changes. */
const TEMPLATE_VERSION = 1;

/** What a new database holds: Directus' own tables alone, or the sample content of `content.ts` too. */
export type DatabaseContent = 'empty' | 'content';

/**
 * Path of a ready SQLite database to copy. Made once per Directus version (bootstrapping takes a good while) and kept
 * among the sandbox's data; safe to be asked for by several test runs at once.
 */
export async function databaseTemplate(major: Major, content: DatabaseContent): Promise<string> {
	const file = path.join(dataOf(major), 'templates', `${exactVersionOf(major)}-${TEMPLATE_VERSION}-${content}.db`);
	if (await exists(file)) return file;
	await mkdir(path.dirname(file), { recursive: true });
	const directory = await makeRunDirectory(major, 'template');
	const database = path.join(directory, 'data.db');
	if (content === 'empty') await bootstrap(major, directory);
	else await fillWithContent(major, directory, database);
	settle(database);
	await rename(database, file);
	await rm(directory, { recursive: true, force: true });
	return file;
}

/** A directory in which Directus can run: inside the sandbox, with a `package.json`, which it looks for at start. */
export async function makeRunDirectory(major: Major, name: string): Promise<string> {
	await mkdir(dataOf(major), { recursive: true });
	const directory = await mkdtemp(path.join(dataOf(major), `${name}-`));
	await mkdir(path.join(directory, 'extensions'));
	await mkdir(path.join(directory, 'uploads'));
	await writeFile(path.join(directory, 'package.json'), '{ "name": "ai-cache-run", "private": true }\n');
	return directory;
}

/** Makes Directus' own tables in the database that the environment names, by default the file of the directory. */
export async function bootstrap(major: Major, directory: string, env: Record<string, string> = {}): Promise<void> {
	const { code, output } = await runCommand({ major, directory, name: 'bootstrap', env }, ['bootstrap']);
	if (code !== 0) throw new Error(`directus bootstrap failed:\n${output}`);
}

async function fillWithContent(major: Major, directory: string, database: string): Promise<void> {
	await cp(await databaseTemplate(major, 'empty'), database);
	const directus = await startProcess({ major, directory, name: 'content', env: {} });
	try {
		await createContent(directus);
	} finally {
		await directus.stop();
	}
}

/** Write-ahead logging, so that two processes can share the file; the setting stays in the file. */
function settle(file: string): void {
	const database = new DatabaseSync(file);
	database.exec('PRAGMA wal_checkpoint(TRUNCATE); PRAGMA journal_mode = WAL;');
	database.close();
}

async function exists(file: string): Promise<boolean> {
	return stat(file).then(
		() => true,
		() => false,
	);
}
