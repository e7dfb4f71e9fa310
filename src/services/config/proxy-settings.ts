import type { Proxies } from '../../providers/http/proxy-agents.ts';
import type { Environment } from './settings.ts';

/**
 * The proxies that the environment names, as most programs read them: the lower-case name first, and `HTTP_PROXY` for
 * https too if there is no `HTTPS_PROXY`. From Directus' environment, since that also holds what its `.env` sets.
 */
export function readProxies(environment: Environment): { proxies: Proxies; problems: string[] } {
	const http = find(environment, 'HTTP_PROXY');
	const https = find(environment, 'HTTPS_PROXY') ?? http;
	const noProxy = find(environment, 'NO_PROXY');
	const named = [http, https].filter((found) => found !== undefined);
	const wrong = new Set(named.filter(({ value }) => !isProxyAddress(value)).map(({ name }) => name));
	return {
		proxies: { http: http?.value ?? '', https: https?.value ?? '', noProxy: noProxy?.value ?? '' },
		problems: [...wrong].map((name) => `${name}: must be an address such as http://proxy.example:3128`),
	};
}

function find(environment: Environment, upperCase: string): { name: string; value: string } | undefined {
	const name = [upperCase.toLowerCase(), upperCase].find((each) => toText(environment[each]) !== '');
	return name === undefined ? undefined : { name, value: toText(environment[name]) };
}

/** Directus splits a value at its commas, and reads numbers and booleans. */
function toText(value: unknown): string {
	if (Array.isArray(value)) return value.map(toText).join(',');
	return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
		? String(value).trim()
		: '';
}

function isProxyAddress(address: string): boolean {
	if (!URL.canParse(address)) return false;
	const { protocol, hostname, username, password } = new URL(address);
	return /^https?:$/.test(protocol) && hostname !== '' && isDecodable(username) && isDecodable(password);
}

function isDecodable(text: string): boolean {
	try {
		decodeURIComponent(text);
		return true;
	} catch {
		return false;
	}
}
