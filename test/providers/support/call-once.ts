/** A process that calls a provider once and writes what came of it: for what Node reads at its start alone. */
import { createUpstream } from '../../../src/providers/http/http-client.ts';

const [url = '', proxy = ''] = process.argv.slice(2);
const upstream = createUpstream({ proxies: { http: proxy, https: proxy, noProxy: '' } });
try {
	const { body } = await upstream.call({ url, headers: {}, timeoutMs: 5_000 });
	process.stdout.write(body);
} catch (error) {
	process.stdout.write(String(error));
}
upstream.close();
