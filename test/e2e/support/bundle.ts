import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';

import { PROJECT } from './paths.ts';

const run = promisify(execFile);
const CACHE = path.join(PROJECT, '.cache');
const BUNDLE_NAME = 'directus-extension-ai-cache';

/**
 * Puts the packed bundle, as a registry would serve it, into `<directory>/extensions`.
 * Throws when the bundle was not built.
 */
export async function installBundle(directory: string): Promise<void> {
	await cp(await packedBundle(), path.join(directory, 'extensions', BUNDLE_NAME), { recursive: true });
}

/** The unpacked `npm pack` of the bundle, packed again only when something built is newer. */
async function packedBundle(): Promise<string> {
	const stamp = await newestChange();
	const target = path.join(CACHE, `bundle-${Math.round(stamp)}`);
	if (await exists(target)) return path.join(target, 'package');
	await mkdir(CACHE, { recursive: true });
	const work = await mkdtemp(path.join(CACHE, 'packing-'));
	await run('npm', ['pack', '--ignore-scripts', '--silent', '--pack-destination', work], { cwd: PROJECT });
	const archive = (await readdir(work)).find((file) => file.endsWith('.tgz'));
	if (archive === undefined) throw new Error('npm pack made no archive');
	await run('tar', ['-xzf', archive], { cwd: work });
	await rename(work, target).catch(() => rm(work, { recursive: true, force: true }));
	await dropOlder(path.basename(target));
	return path.join(target, 'package');
}

async function newestChange(): Promise<number> {
	const files = ['package.json', 'dist/api.js', 'dist/app.js'].map((file) => path.join(PROJECT, file));
	try {
		return Math.max(...(await Promise.all(files.map(async (file) => (await stat(file)).mtimeMs))));
	} catch {
		throw new Error('The bundle is not built: run `npm run build` first');
	}
}

/** Yesterday's packs; never those that another run may still be copying from. */
async function dropOlder(current: string): Promise<void> {
	const dayAgo = Date.now() - 24 * 3600 * 1000;
	for (const name of await readdir(CACHE)) {
		if (!name.startsWith('bundle-') || name === current) continue;
		const folder = path.join(CACHE, name);
		if ((await stat(folder)).mtimeMs < dayAgo) await rm(folder, { recursive: true, force: true });
	}
}

/** Copies an extension's folder (with `package.json` and built files) beside the bundle. */
export async function installExtension(directory: string, source: string): Promise<void> {
	const manifest = JSON.parse(await readFile(path.join(source, 'package.json'), 'utf8')) as { name: string };
	await cp(source, path.join(directory, 'extensions', manifest.name), { recursive: true });
}

async function exists(file: string): Promise<boolean> {
	return stat(file).then(
		() => true,
		() => false,
	);
}
