import { createHash } from 'node:crypto';
import { request as httpRequest, type ServerResponse } from 'node:http';

import type { ChatCompletionRequest, TextResponse, ToolCallResponse } from '@copilotkit/aimock';

import type { Provider } from '../../src/shared/api-types.ts';
import { embeddingsAnswer, type EmbeddingsRequest, tokensOf } from './emulated-embeddings.ts';
import { jsonBody, type RecordedRequest } from './recorded-request.ts';

/** What a provider does instead of answering. */
export type Failure =
	| { status: number; message?: string; headers?: Record<string, string> }
	/** Takes the request and never answers. */
	| 'hang'
	/** Breaks the connection. */
	| 'reset'
	/** 200 with a document that stops in the middle. */
	| 'half-json'
	/** 200 with an error page, as a proxy in between may give. */
	| 'html';

export interface Snapshot {
	snapshot: string;
	systemFingerprint: string | undefined;
}

/** A tool that the model calls, its arguments as JSON. */
export interface EmulatedToolCall {
	name: string;
	arguments: string;
}

export interface EmulatedUsage {
	input_tokens: number;
	output_tokens: number;
}

/** The last user message's text. */
export function promptOf(request: ChatCompletionRequest): string {
	const last = request.messages.findLast(({ role }) => role === 'user')?.content ?? '';
	return typeof last === 'string' ? last : last.map((part) => part.text ?? '').join('');
}

/** Names the prompt and a short hash of it, so that an answer shows what it was made from. */
export function defaultText(prompt: string, provider: Provider): string {
	return `${provider} answers ${shortHash(prompt)}: ${prompt}`;
}

/** A text answer in aimock's terms; its id counts calls, so that a second generation can be told from the first. */
export function textAnswer(
	request: ChatCompletionRequest,
	provider: Provider,
	text: string,
	call: number,
	usage: EmulatedUsage | null,
	snapshot: Snapshot | undefined,
): TextResponse {
	const { input_tokens: input, output_tokens: output } = usage ?? {
		input_tokens: tokensOf(JSON.stringify(request.messages)),
		output_tokens: tokensOf(text),
	};
	return {
		content: text,
		id: `${provider === 'anthropic' ? 'msg' : 'chatcmpl'}_${shortHash(text)}_${call}`,
		created: 1_767_225_600 + call,
		model: snapshot?.snapshot ?? request.model,
		usage:
			provider === 'anthropic'
				? { input_tokens: input, output_tokens: output }
				: { prompt_tokens: input, completion_tokens: output, total_tokens: input + output },
		...(snapshot?.systemFingerprint === undefined ? {} : { systemFingerprint: snapshot.systemFingerprint }),
	};
}

/** The same answer with tool calls in place of its text. */
export function toolAnswer(
	{ content: _, ...answer }: TextResponse,
	calls: readonly EmulatedToolCall[],
): ToolCallResponse {
	return { ...answer, toolCalls: calls.map((call, index) => ({ ...call, id: `call_${answer.id}_${index}` })) };
}

export function answerEmbeddings(
	request: RecordedRequest,
	response: ServerResponse,
	snapshots: ReadonlyMap<string, Snapshot>,
): void {
	const body = jsonBody(request) as unknown as EmbeddingsRequest;
	const answer = embeddingsAnswer(body);
	// Mistral names its answers, and its SDK refuses one without a name.
	const id = request.path.startsWith('/mistral/') ? { id: `embd_${shortHash(JSON.stringify(body.input))}` } : {};
	sendJson(response, 200, { ...id, ...answer, model: snapshots.get(body.model)?.snapshot ?? body.model });
}

/** Hands a request to aimock without the provider's part of the path, and its answer back as it comes. */
export function forward(request: RecordedRequest, response: ServerResponse, port: number): void {
	const [, provider = '', ...rest] = request.path.split('/');
	const { 'content-length': _length, 'transfer-encoding': _encoding, ...headers } = request.headers;
	const upstream = httpRequest(
		{
			port,
			host: '127.0.0.1',
			method: request.method,
			path: `/${rest.join('/')}`,
			headers: { ...headers, 'x-aimock-context': provider, 'content-length': request.rawBody.length },
		},
		(answer) => {
			response.writeHead(answer.statusCode ?? 502, answer.headers);
			answer.pipe(response);
			answer.once('error', () => response.destroy());
		},
	);
	upstream.once('error', () => response.destroy());
	response.once('close', () => upstream.destroy());
	upstream.end(request.rawBody);
}

export function fail(response: ServerResponse, failure: Failure): void {
	if (failure === 'hang') return;
	if (failure === 'reset') response.destroy();
	else if (failure === 'html') {
		response.writeHead(200, { 'content-type': 'text/html' }).end('<html><body>Bad gateway</body></html>');
	} else if (failure === 'half-json') {
		response.writeHead(200, { 'content-type': 'application/json' }).end('{"id":"chatcmpl-1","choices":[{"mess');
	} else {
		const message = failure.message ?? 'The emulated provider fails';
		const body = { type: 'error', error: { type: 'api_error', message, code: null, param: null } };
		sendJson(response, failure.status, body, failure.headers);
	}
}

function sendJson(response: ServerResponse, status: number, body: unknown, headers: Record<string, string> = {}): void {
	response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
}

function shortHash(text: string): string {
	return createHash('sha256').update(text).digest('hex').slice(0, 12);
}
