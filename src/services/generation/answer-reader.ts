import { parseBody, withoutMark } from '../../providers/json/answer-body.ts';
import { startsLikeEvents } from '../../providers/http/sse.ts';
import type { RawAnswer } from './cache-draft.ts';
import { ProviderFailedError } from '../errors/errors.ts';
import type { Exchange } from './provider-request.ts';
import { withoutKeyRemains } from '../errors/redaction.ts';
import { Assembly } from '../streaming/stream-collector.ts';
import { reasonIn } from '../errors/provider-failure.ts';

export type AnswerBody = Pick<RawAnswer, 'bytes' | 'parsed' | 'strict'>;

/** Collects the stream of this request's answer. */
export const createAssembly = ({ dialect, operation, body }: Exchange, maxBytes: number): Assembly =>
	new Assembly(dialect.assembler(operation, body), maxBytes);

/**
 * Reads a body that came whole: JSON, or events though none were asked for. Throws a `ProviderFailedError` with the
 * provider's words, or an `UnusableStream`, if it is no answer.
 */
export function readAnswerBody(exchange: Exchange, body: Buffer, maxBytes: number, apiKey: string): AnswerBody {
	const bytes = withoutMark(body);
	const json = parseBody(bytes);
	if (json !== null) return { bytes, ...json };
	const text = bytes.toString();
	const failed = (reason: string) => new ProviderFailedError({ provider: exchange.provider, status: 200, reason });
	if (text.replace(/^:.*$/gm, '').trim() === '') throw failed('it sent nothing');
	if (startsLikeEvents(text) !== true) {
		const words = reasonIn(Buffer.from(withoutKeyRemains(text, apiKey)));
		throw failed(`its answer is no JSON object: ${words}`);
	}
	const assembly = createAssembly(exchange, maxBytes);
	const parsed = assembly.push(bytes) ?? assembly.end();
	if (parsed === null) throw assembly.failure;
	return { bytes: Buffer.from(JSON.stringify(parsed)), parsed };
}
