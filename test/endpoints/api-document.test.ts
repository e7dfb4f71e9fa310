import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { Router } from 'express';
import { afterAll, describe, expect, it } from 'vitest';

import { registerAdminRoutes } from '../../src/endpoints/admin/routes.ts';
import { registerGenerationRoutes } from '../../src/endpoints/generation-routes.ts';
import { ERROR_CODES } from '../../src/shared/api-types.ts';
import { Runtime } from '../../src/host/container.ts';
import { testHost } from '../services/support/host.ts';

const text = readFileSync(path.resolve(import.meta.dirname, '../../docs/api.md'), 'utf8');
const host = testHost({ AI_CACHE_STORE: 'memory' });
const runtime = new Runtime(host);
afterAll(() => runtime.close());

/** `METHOD /path` of every native route that the doors open. */
function nativeRoutes(): string[] {
	const opened: string[] = [];
	const note = (method: string) => (route: string) => opened.push(`${method} ${route}`);
	const router = { get: note('GET'), post: note('POST'), delete: note('DELETE') } as unknown as Router;
	registerGenerationRoutes(router, runtime);
	registerAdminRoutes(router, runtime, host);
	return opened;
}

describe('docs/api.md', () => {
	it('describes every native route and no others', () => {
		const described = [...text.matchAll(/^### `((?:GET|POST|DELETE) [^`]+)`$/gm)].map(([, route]) => route);
		expect(described.sort()).toEqual(nativeRoutes().sort());
	});

	it.each(Object.values(ERROR_CODES))('explains the error code %s', (code) => {
		expect(text).toContain(`\`${code}\``);
	});
});
