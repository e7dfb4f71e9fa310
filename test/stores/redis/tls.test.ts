import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';

import { describeError } from '../../../src/host/store-outage.ts';
import type { RedisConnectionOptions } from '../../../src/shared/redis-connection.ts';
import { RedisStore } from '../../../src/stores/redis/redis-store.ts';
import { JOURNAL_ROWS, MAX_ENTRY_BYTES, STALE_SECONDS } from '../../contract/harness.ts';
import { type Certificate, createCertificate, tlsArguments } from '../../support/certificates.ts';
import { startLateAlertServer } from '../../support/late-alert.ts';
import { freePort } from '../../support/port.ts';
import { startRedis, type TestRedis } from '../../support/redis.ts';
import { newNamespace, openRedisStore } from './support.ts';

let certificate: Certificate;
let redis: TestRedis;
let port: number;
const stops: (() => unknown)[] = [];

beforeAll(async () => {
	certificate = createCertificate('DNS:localhost');
	port = await freePort();
	redis = await startRedis({
		args: [
			...['--cluster-enabled', 'yes', '--cluster-announce-hostname', 'localhost'],
			...['--tls-cluster', 'yes', '--cluster-preferred-endpoint-type', 'hostname'],
			...tlsArguments(port, certificate),
		],
	});
	await redis.client.cluster('ADDSLOTSRANGE', 0, 16_383);
	await vi.waitFor(async () => expect(await redis.client.cluster('INFO')).toContain('cluster_state:ok'), 10_000);
});
afterAll(async () => {
	await redis.stop();
	certificate.remove();
});
afterEach(async () => {
	for (const stop of stops.splice(0)) await stop();
});

async function roundTrip(connection: RedisConnectionOptions): Promise<string> {
	const store = await openRedisStore({ connection, namespace: newNamespace() });
	stops.push(() => store.close());
	await store.putDocument('note', 'kept', 10_000);
	expect(await store.getDocument('note')).toBe('kept');
	return (await store.health()).mode;
}

/** A store that need not get a connection, and the errors that it reports. */
function failingStore(connection: RedisConnectionOptions): { store: RedisStore; errors: Error[] } {
	const errors: Error[] = [];
	const store = new RedisStore({
		connection,
		namespace: newNamespace(),
		firstLevelBytes: 1000,
		maxEntryBytes: MAX_ENTRY_BYTES,
		maxTtl: 86_400,
		staleSeconds: STALE_SECONDS,
		journalRows: JOURNAL_ROWS,
		events: { error: (error) => errors.push(error as Error) },
	});
	stops.push(() => store.close());
	return { store, errors };
}

describe('TLS to a Redis', () => {
	it('takes a certificate that names the host of a cluster', async () => {
		const cluster = [{ host: 'localhost', port }];
		expect(await roundTrip({ cluster, tls: { ca: certificate.cert }, connectTimeoutMs: 2000 })).toBe('cluster');
	});

	it('takes a certificate authority beside an address', async () => {
		const options = { url: `rediss://localhost:${port}`, tls: { ca: certificate.cert }, connectTimeoutMs: 2000 };
		expect(await roundTrip(options)).toBe('standalone');
	});

	it('takes a certificate that nobody signed if told to', async () => {
		const tls = { rejectUnauthorized: false };
		expect(await roundTrip({ host: '127.0.0.1', port, tls, connectTimeoutMs: 2000 })).toBe('standalone');
	});

	it.each<[string, Partial<RedisConnectionOptions>]>([
		['a single Redis', { host: 'localhost' }],
		['a cluster', { cluster: [] }],
		['Sentinels', { sentinels: [] }],
	])('names the refused certificate of %s as the reason', async (_, place) => {
		const nodes = [{ host: 'localhost', port }];
		const { store, errors } = failingStore({
			connectTimeoutMs: 2000,
			tls: true,
			port,
			...place,
			...(place.cluster && { cluster: nodes }),
			...(place.sentinels && { sentinels: nodes }),
		});
		void store.open();
		await expect.poll(() => errors.map(describeError).join()).toMatch(/SELF_SIGNED|self-signed/);
	});
});

describe('a second error on a connection that was given up', () => {
	it.each(['TLSv1.2', 'TLSv1.3'] as const)(
		'does not end the process, with %s',
		async (version) => {
			const server = await startLateAlertServer(certificate, version);
			stops.push(() => server.close());
			const uncaught: unknown[] = [];
			const note = (error: unknown): void => void uncaught.push(error);
			const handlers = process.listeners('uncaughtException');
			process.removeAllListeners('uncaughtException').on('uncaughtException', note);
			stops.push(() => {
				process.removeAllListeners('uncaughtException');
				for (const handler of handlers) process.on('uncaughtException', handler);
			});
			const nodes = [{ host: '127.0.0.1', port: server.port }];
			const tls = { ca: certificate.cert };
			for (const place of [{ url: `rediss://127.0.0.1:${server.port}` }, { cluster: nodes }, { sentinels: nodes }]) {
				const { store } = failingStore({ ...place, tls, connectTimeoutMs: 2000 });
				const before = server.connections();
				void store.open();
				await expect.poll(server.connections, { timeout: 10_000 }).toBeGreaterThan(before + 3);
				expect((await store.health()).connected).toBe(false);
				await store.close();
			}
			expect(uncaught).toEqual([]);
		},
		40_000,
	);
});
