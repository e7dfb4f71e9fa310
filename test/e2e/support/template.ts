import { randomUUID } from 'node:crypto';
import { cp, mkdir, mkdtemp, rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';

import { connectDatabases, type Databases } from '../../support/database-server.ts';
import { createContent } from './content.ts';
import { dataOf, exactVersionOf, type Major } from './paths.ts';
import { runCommand, startProcess } from './process.ts';

/** Raised when the sample content or the way of making a template changes. */
const TEMPLATE_VERSION = 1;

/** What a new database holds: Directus' own tables alone, or the sample content of `content.ts` too. */
export type DatabaseContent = 'empty' | 'content';

/** Makes a database with that content for the run directory. Returns what Directus reads to use it. */
export async function copyTemplate(
	major: Major,
	content: DatabaseContent,
	directory: string,
): Promise<Record<string, string>> {
	const databases = connectDatabases();
	if (databases === null) {
		await cp(await databaseTemplate(major, content), path.join(directory, 'data.db'));
		return {};
	}
	const name = newDatabaseName('run');
	databases.copy(await serverTemplate(major, content, databases), name);
	return databases.environment(name);
}

/** Name of a ready database to copy on the run's server, made when it is first asked for. */
async function serverTemplate(major: Major, content: DatabaseContent, databases: Databases): Promise<string> {
	const name = `template_${major}_${content}`;
	if (databases.has(name)) return name;
	const unfinished = newDatabaseName('template');
	const env = databases.environment(unfinished);
	const directory = await makeRunDirectory(major, 'template');
	if (content === 'empty') {
		databases.create(unfinished);
		await bootstrap(major, directory, env);
	} else {
		databases.copy(await serverTemplate(major, 'empty', databases), unfinished);
		await addContent(major, directory, env);
	}
	databases.rename(unfinished, name);
	await rm(directory, { recursive: true, force: true });
	return name;
}

const newDatabaseName = (kind: string): string => `${kind}_${randomUUID().replaceAll('-', '')}`;

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
	else {
		await cp(await databaseTemplate(major, 'empty'), database);
		await addContent(major, directory);
	}
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
async function bootstrap(major: Major, directory: string, env: Record<string, string> = {}): Promise<void> {
	const { code, output } = await runCommand({ major, directory, name: 'bootstrap', env }, ['bootstrap']);
	if (code !== 0) throw new Error(`directus bootstrap failed:\n${output}`);
}

async function addContent(major: Major, directory: string, env: Record<string, string> = {}): Promise<void> {
	const directus = await startProcess({ major, directory, name: 'content', env });
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
