import { readFileSync } from 'node:fs';
import path from 'node:path';

export const PROJECT = path.resolve(import.meta.dirname, '../../..');

/** The Directus majors that the bundle is tried in, each installed in `sandbox/directus-N`. */
export const MAJORS = [11, 12] as const;
export type Major = (typeof MAJORS)[number];

/** `AI_CACHE_TEST_DIRECTUS` (11 or 12), 12 where it is not set. */
export function majorUnderTest(): Major {
	const asked = Number(process.env['AI_CACHE_TEST_DIRECTUS'] ?? 12);
	const major = MAJORS.find((candidate) => candidate === asked);
	if (major === undefined) throw new Error(`AI_CACHE_TEST_DIRECTUS must be one of ${MAJORS.join(', ')}`);
	return major;
}

export function sandboxOf(major: Major): string {
	return path.join(PROJECT, 'sandbox', `directus-${major}`);
}

/** Databases, logs and run directories; ignored by git. */
export function dataOf(major: Major): string {
	return path.join(sandboxOf(major), 'data');
}

export function commandLineOf(major: Major): string {
	return path.join(sandboxOf(major), 'node_modules/@directus/api/dist/cli/run.js');
}

export function exactVersionOf(major: Major): string {
	const manifest: unknown = JSON.parse(
		readFileSync(path.join(sandboxOf(major), 'node_modules/directus/package.json'), 'utf8'),
	);
	return (manifest as { version: string }).version;
}
