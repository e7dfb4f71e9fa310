import { execFile } from 'node:child_process';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createUpstream, type Upstream } from '../../src/providers/http/http-client.ts';
import { UpstreamTimeout, UpstreamUnreachable } from '../../src/providers/http/errors.ts';
import type { Proxies } from '../../src/providers/http/proxy-agents.ts';
import { type Certificate, createCertificate } from '../support/certificates.ts';
import { type ConnectProxy, type ConnectProxyOptions, startConnectProxy } from '../support/connect-proxy.ts';
import { ProviderServer } from './support/provider-server.ts';

const PASSWORD = 'p%40ss,w0rd';

let certificate: Certificate;
let provider: ProviderServer;
let secureProvider: ReturnType<typeof createServer>;
let secureUrl: string;
let upstream: Upstream | undefined;
let proxy: ConnectProxy | undefined;

beforeAll(async () => {
	certificate = createCertificate('DNS:localhost,IP:127.0.0.1');
	secureProvider = createServer(certificate, (_request, response) => void response.end('secure'));
	await new Promise<void>((resolve) => secureProvider.listen(0, '127.0.0.1', resolve));
	secureUrl = `https://127.0.0.1:${(secureProvider.address() as AddressInfo).port}/v1`;
});

beforeEach(async () => {
	provider = await new ProviderServer().listen();
	provider.handler = (_request, response) => void response.end('plain');
});

afterEach(async () => {
	upstream?.close();
	upstream = undefined;
	await provider.close();
	await proxy?.close();
	proxy = undefined;
});

afterAll(async () => {
	secureProvider.closeAllConnections();
	await new Promise((resolve) => secureProvider.close(resolve));
	certificate.remove();
});

async function useProxy(options: ConnectProxyOptions = {}, credentials = '', more: Partial<Proxies> = {}) {
	proxy = await startConnectProxy(options);
	const address = `${options.tls ? 'https' : 'http'}://${credentials}127.0.0.1:${proxy.port}`;
	return usePlaces({ http: address, https: address, ...more });
}

function usePlaces(proxies: Partial<Proxies>, connectTimeoutMs = 5_000): Upstream {
	upstream = createUpstream({
		proxies: { http: '', https: '', noProxy: '', ...proxies },
		connectTimeoutMs,
		delay: async () => undefined,
	});
	return upstream;
}

const request = (url: string, more: object = {}) => ({
	url,
	headers: { authorization: 'Bearer sk-very-secret' },
	body: Buffer.from('{}'),
	timeoutMs: 5_000,
	...more,
});

const failureOf = (url: string, more: object = {}): Promise<Error> =>
	upstream!.call(request(url, more)).then(
		() => expect.fail('the call succeeded'),
		(error: unknown) => error as Error,
	);

/** What the caller reads, and what a log that prints the error whole would. */
function expectNoSecret(error: Error): void {
	const printed = `${String(error)} ${JSON.stringify(error)} ${String(error.cause)} ${JSON.stringify(error.cause)}`;
	for (const secret of ['sk-very-secret', PASSWORD, decodeURIComponent(PASSWORD), 'somebody']) {
		expect(printed).not.toContain(secret);
		expect(printed).not.toContain(Buffer.from(`somebody:${secret}`).toString('base64'));
	}
}

describe('through a proxy', () => {
	it('an http provider is reached, several calls over one connection', async () => {
		await useProxy();
		for (let call = 0; call < 3; call++) {
			expect((await upstream!.call(request(provider.url))).body.toString()).toBe('plain');
		}
		expect(proxy!.targets).toEqual([new URL(provider.url).host]);
	});

	it('is authenticated with the name and the password of its address, decoded', async () => {
		await useProxy({ credentials: `somebody:${decodeURIComponent(PASSWORD)}` }, `somebody:${PASSWORD}@`);
		expect((await upstream!.call(request(provider.url))).status).toBe(200);
	});

	it('is authenticated with a name alone', async () => {
		await useProxy({ credentials: 'token:' }, 'token@');
		expect((await upstream!.call(request(provider.url))).status).toBe(200);
	});

	it('the provider never sees the proxy’s credentials', async () => {
		let seen = '';
		provider.handler = ({ headers }, response) => {
			seen = JSON.stringify(headers);
			response.end();
		};
		await useProxy({}, `somebody:${PASSWORD}@`);
		await upstream!.call(request(provider.url));
		expect(seen).toContain('sk-very-secret');
		expect(seen).not.toMatch(/proxy|somebody/i);
	});

	it('drops response headers that repeat the proxy’s password', async () => {
		provider.handler = (_request, response) =>
			response.writeHead(200, { 'x-a': decodeURIComponent(PASSWORD), 'x-b': PASSWORD, 'x-c': 'kept' }).end();
		await useProxy({}, `somebody:${PASSWORD}@`);
		const { headers } = await upstream!.call(request(provider.url));
		expect(headers['x-c']).toBe('kept');
		expect(headers).not.toHaveProperty('x-a');
		expect(headers).not.toHaveProperty('x-b');
	});

	it.each(['127.0.0.1', '*', 'example.com, 127.0.0.1', '.example.com 127.0.0.1'])(
		'goes no host of NO_PROXY: %s',
		async (noProxy) => {
			await useProxy({ status: 500 }, '', { noProxy });
			expect((await upstream!.call(request(provider.url))).body.toString()).toBe('plain');
			expect(proxy!.targets).toEqual([]);
		},
	);

	it('goes every host but those of NO_PROXY', async () => {
		await useProxy({}, '', { noProxy: 'example.com,127.0.0.1:1' });
		expect((await upstream!.call(request(provider.url))).body.toString()).toBe('plain');
		expect(proxy!.targets).toHaveLength(1);
	});

	it('a stream ends when its reader leaves', async () => {
		await useProxy();
		const closed = new Promise<void>((resolve) => {
			provider.handler = (_request, response) => {
				response.on('close', resolve);
				response.write('first');
			};
		});
		const { bytes } = await upstream!.open(request(provider.url));
		for await (const chunk of bytes) if (chunk.length > 0) break;
		await closed;
	});
});

describe('a failure names what failed', () => {
	it('407, which is not tried again', async () => {
		await useProxy({ credentials: 'other:words' }, `somebody:${PASSWORD}@`);
		const error = await failureOf(secureUrl, { retries: 2 });
		expect(error).toBeInstanceOf(UpstreamUnreachable);
		expect(error.message).toBe('The proxy requires authentication or rejects the credentials of its address (407)');
		expect(proxy!.targets).toHaveLength(1);
		expectNoSecret(error);
	});

	it.each([
		[403, 1],
		[503, 3],
	])('a proxy that answers %i, tried %i times', async (status, tries) => {
		await useProxy({ status });
		const error = await failureOf(provider.url, { retries: 2 });
		expect(error.message).toBe(`The proxy does not connect to the provider (status ${status})`);
		expect(proxy!.targets).toHaveLength(tries);
	});

	it('a proxy that closes the connection', async () => {
		await useProxy({ closes: true });
		expect((await failureOf(provider.url)).message).toMatch(/^The proxy cannot be reached \(\w+\)$/);
		expect(proxy!.targets).toHaveLength(1);
	});

	it('a proxy that nobody runs', async () => {
		usePlaces({ http: `http://somebody:${PASSWORD}@127.0.0.1:1` });
		const error = await failureOf(provider.url);
		expect(error.message).toBe('The proxy cannot be reached (ECONNREFUSED)');
		expectNoSecret(error);
	});

	it('a proxy whose name there is not', async () => {
		usePlaces({ http: `http://somebody:${PASSWORD}@proxy.invalid:3128` });
		const error = await failureOf(provider.url);
		expect(error.message).toMatch(/^The proxy's host name cannot be resolved \(E\w+\)$/);
		expectNoSecret(error);
	});

	it('a proxy that does not answer', async () => {
		await useProxy({ hangs: true });
		const { port } = proxy!;
		upstream!.close();
		usePlaces({ http: `http://127.0.0.1:${port}` }, 200);
		expect((await failureOf(provider.url)).message).toMatch(/^The proxy cannot be reached/);
	});

	it('the whole call’s limit also while a proxy does not answer', async () => {
		await useProxy({ hangs: true });
		const error = await failureOf(provider.url, { timeoutMs: 100 });
		expect(error).toBeInstanceOf(UpstreamTimeout);
		expect(error).toMatchObject({ phase: 'total' });
	});

	it('a provider whose name there is not', async () => {
		usePlaces({});
		expect((await failureOf('https://provider.invalid/v1')).message).toMatch(
			/^The provider's host name cannot be resolved \(E\w+\)$/,
		);
	});

	it('a certificate that is not trusted, directly and through a proxy, once', async () => {
		const message =
			"The provider's certificate is not trusted (DEPTH_ZERO_SELF_SIGNED_CERT); NODE_EXTRA_CA_CERTS adds certificate authorities";
		usePlaces({});
		expect((await failureOf(secureUrl)).message).toBe(message);
		upstream!.close();
		await useProxy();
		expect((await failureOf(secureUrl, { retries: 2 })).message).toBe(message);
		expect(proxy!.targets).toHaveLength(1);
	});

	it('the certificate of a proxy', async () => {
		await useProxy({ tls: certificate });
		expect((await failureOf(provider.url)).message).toMatch(/^The proxy's certificate is not trusted \(DEPTH_ZERO/);
	});
});

describe('IPv6', () => {
	it('reaches an address in brackets', async () => {
		const server = await new ProviderServer().listen('::1');
		server.handler = (_request, response) => void response.end('six');
		expect((await usePlaces({}).call(request(server.url))).body.toString()).toBe('six');
		await server.close();
	});

	it('is no hindrance to a name whose IPv4 address alone answers', async () => {
		const url = `http://localhost:${new URL(provider.url).port}`;
		expect((await usePlaces({}).call(request(url))).body.toString()).toBe('plain');
	});
});

describe('NODE_EXTRA_CA_CERTS', () => {
	const callOnce = async (...args: string[]): Promise<string> => {
		const script = new URL('support/call-once.ts', import.meta.url).pathname;
		const env = { ...process.env, NODE_EXTRA_CA_CERTS: certificate.file };
		const node = ['--no-warnings', '--experimental-strip-types', '--experimental-transform-types', script, ...args];
		return (await promisify(execFile)(process.execPath, node, { env })).stdout;
	};

	it('is trusted directly, through a proxy, and through a proxy that speaks TLS itself', async () => {
		expect(await callOnce(secureUrl)).toBe('secure');
		await useProxy();
		expect(await callOnce(secureUrl, `http://127.0.0.1:${proxy!.port}`)).toBe('secure');
		await proxy!.close();
		await useProxy({ tls: certificate });
		expect(await callOnce(secureUrl, `https://127.0.0.1:${proxy!.port}`)).toBe('secure');
	});

	it('does not make a certificate of another host a good one', async () => {
		const other = createCertificate('DNS:elsewhere.example');
		const server = createServer(other).listen(0, '127.0.0.1');
		await new Promise((resolve) => server.once('listening', resolve));
		const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
		const trusted = { ...certificate };
		certificate = other;
		await useProxy();
		const direct = await callOnce(url);
		const proxied = await callOnce(url, `http://127.0.0.1:${proxy!.port}`);
		certificate = trusted;
		for (const outcome of [direct, proxied]) {
			expect(outcome).toContain("The provider's certificate is not trusted (ERR_TLS_CERT_ALTNAME_INVALID)");
		}
		server.close();
		other.remove();
	});
});
