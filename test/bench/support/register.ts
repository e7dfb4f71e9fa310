/**
 * What Directus does with the bundle at its start: imports it and calls each part's registration. Prints the
 * milliseconds of both as JSON. To be run in a process of its own, since a module is imported once. Node's own modules
 * are loaded before the clock starts: Directus has every one of these loaded when it comes to its extensions.
 */
import path from 'node:path';
import { pathToFileURL } from 'node:url';

interface Bundle {
	hooks: { config: (register: object, context: object) => void }[];
	endpoints: { config: { handler: (router: object, context: object) => void } }[];
	operations: { config: unknown }[];
}

const NODE_MODULES = [
	...[
		'assert',
		'async_hooks',
		'buffer',
		'cluster',
		'crypto',
		'diagnostics_channel',
		'dns',
		'events',
		'fs',
		'fs/promises',
	],
	...['http', 'https', 'module', 'net', 'os', 'perf_hooks', 'process', 'stream', 'string_decoder', 'timers/promises'],
	...['tls', 'tty', 'url', 'util', 'v8', 'worker_threads', 'zlib'],
];
for (const name of NODE_MODULES) await import(`node:${name}`);

const bundle = path.resolve(import.meta.dirname, '../../../dist/api.js');
const nothing = (): void => undefined;
const logger = { info: nothing, warn: nothing, error: nothing, debug: nothing };
const context = { env: process.env, logger, services: {}, database: nothing, getSchema: nothing };
const register = { action: nothing, filter: nothing, init: nothing, schedule: nothing, embed: nothing };
const router = Object.fromEntries(['use', 'get', 'post', 'patch', 'delete', 'all'].map((name) => [name, nothing]));

const started = performance.now();
const { hooks, endpoints } = (await import(pathToFileURL(bundle).href)) as Bundle;
const imported = performance.now();
for (const { config } of hooks) config(register, context);
for (const { config } of endpoints) config.handler(router, context);
const registered = performance.now();
process.stdout.write(JSON.stringify({ import: imported - started, register: registered - imported }));
process.exit(0);
