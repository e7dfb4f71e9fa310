/** What came back over HTTP. `ms` is measured from before the request to after the body's last byte. */
export interface ApiAnswer<Body = unknown> {
	status: number;
	headers: Headers;
	body: Body;
	ms: number;
}

export interface Api {
	/**
	 * One JSON request as the given token's owner: the admin where none is named, the public with `null`.
	 * Never throws for a status. The body is undefined for 204 and text where the answer is not JSON.
	 */
	api<Body = unknown>(
		method: string,
		path: string,
		body?: unknown,
		token?: string | null,
		headers?: Record<string, string>,
	): Promise<ApiAnswer<Body>>;
	/** The `data` of an answer; throws with status and body when the status is not 2xx. */
	data<Data = unknown>(method: string, path: string, body?: unknown, token?: string | null): Promise<Data>;
}

export function apiOf(url: string, adminToken: string): Api {
	const api = async <Body>(
		method: string,
		path: string,
		body?: unknown,
		token: string | null = adminToken,
		extraHeaders: Record<string, string> = {},
	): Promise<ApiAnswer<Body>> => {
		const headers: Record<string, string> = { ...extraHeaders };
		if (token !== null) headers['authorization'] = `Bearer ${token}`;
		if (body !== undefined) headers['content-type'] = 'application/json';
		const started = performance.now();
		const response = await fetch(url + path, {
			method,
			headers,
			body: body === undefined ? null : JSON.stringify(body),
		});
		const text = await response.text();
		const ms = performance.now() - started;
		return { status: response.status, headers: response.headers, body: parse(text) as Body, ms };
	};

	const data = async <Data>(method: string, path: string, body?: unknown, token?: string | null): Promise<Data> => {
		const answer = await api<{ data: Data } | undefined>(method, path, body, token);
		if (answer.status >= 300) {
			throw new Error(`${method} ${path} answered ${answer.status}: ${JSON.stringify(answer.body)}`);
		}
		return answer.body?.data as Data;
	};

	return { api, data };
}

function parse(text: string): unknown {
	if (text === '') return undefined;
	try {
		return JSON.parse(text);
	} catch {
		return text;
	}
}
