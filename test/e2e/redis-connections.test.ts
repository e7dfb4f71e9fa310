import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { HealthReport } from '../../src/shared/api-types.ts';
import { type Certificate, createCertificate } from '../support/certificates.ts';
import { type ConnectProxy, startConnectProxy } from '../support/connect-proxy.ts';
import { startLateAlertServer } from '../support/late-alert.ts';
import { freePort } from '../support/port.ts';
import { startCluster, type TestCluster } from '../support/redis-cluster.ts';
import type { Directus } from './support/directus.ts';
import type { Ask } from './support/generations.ts';
import { newChats, type Served, serve } from './support/test-server.ts';

const PASSWORD = 'cluster-password';

let certificate: Certificate;
let lateAlertServer: Awaited<ReturnType<typeof startLateAlertServer>>;
let cluster: TestCluster;
let proxy: ConnectProxy;
let served: Served;
let directus: Directus;
let ask: Ask;

const chat = newChats();
const readHealth = () => directus.data<HealthReport>('GET', '/ai-cache/health');
async function askTwice(): Promise<string[]> {
	const request = chat();
	return [(await ask(request)).cache, (await ask(request)).cache].map(String);
}

beforeAll(async () => {
	certificate = createCertificate('DNS:localhost');
	[lateAlertServer, cluster, proxy] = await Promise.all([
		startLateAlertServer(certificate, 'TLSv1.3'),
		startCluster(),
		startConnectProxy(),
	]);
	for (const { client } of cluster.nodes) await client.config('SET', 'requirepass', PASSWORD);
	served = await serve({
		AI_CACHE_STORE: '',
		REDIS_ENABLED: 'false',
		REDIS_HOST: '127.0.0.1',
		REDIS_PORT: String(await freePort()),
		HTTP_PROXY: `http://127.0.0.1:${proxy.port}`,
	});
	({ directus, ask } = served);
});
afterAll(async () => {
	await served.stop();
	lateAlertServer.close();
	await Promise.all([cluster.stop(), proxy.close()]);
	certificate.remove();
});

describe('REDIS_ENABLED=false beside the address of a Redis that does not run', () => {
	it('leaves the cache on its embedded store', async () => {
		expect(await askTwice()).toEqual(['MISS', 'HIT']);
		expect((await readHealth()).store).toMatchObject({ kind: 'memory', mode: 'embedded' });
	});
});

describe('a proxy in the environment of Directus', () => {
	it('carries the calls to the providers', async () => {
		const answer = await ask(chat({ model: 'gpt-4o' }));
		expect([answer.status, answer.cache]).toEqual([200, 'MISS']);
		const { host } = new URL(served.emulator.environment()['AI_CACHE_OPENAI_BASE_URL']!);
		expect(new Set(proxy.targets)).toEqual(new Set([host]));
	});
});

describe('a Redis cluster with a password', () => {
	it('is reached with AI_CACHE_REDIS_PASSWORD alone', async () => {
		await directus.process(0).restart({
			AI_CACHE_REDIS_CLUSTER: cluster.addresses.map(({ host, port }) => `${host}:${port}`).join(','),
			AI_CACHE_REDIS_PASSWORD: PASSWORD,
		});
		expect(await askTwice()).toEqual(['MISS', 'HIT']);
		expect((await readHealth()).store).toMatchObject({ mode: 'cluster', connected: true });
		expect(directus.logs()).not.toContain(PASSWORD);
	});
});

describe('a TLS Redis whose certificate is refused, and that sends one more record', () => {
	it('is bypassed, and Directus goes on', async () => {
		await directus.process(0).restart({
			AI_CACHE_REDIS_CLUSTER: '',
			AI_CACHE_REDIS_PASSWORD: '',
			AI_CACHE_REDIS: `rediss://127.0.0.1:${lateAlertServer.port}`,
		});
		const before = lateAlertServer.connections();
		expect(await askTwice()).toEqual(['BYPASS', 'BYPASS']);
		await expect.poll(lateAlertServer.connections, { timeout: 20_000 }).toBeGreaterThan(before + 2);
		expect((await readHealth()).status).toBe('down');
		expect((await directus.api('GET', '/server/ping')).status).toBe(200);
		expect(directus.process(0).running()).toBe(true);
	});
});
