import { readdirSync, readFileSync } from 'node:fs';
import type { JsonObject, Operation, Provider } from '../../../src/shared/api-types.ts';
import type { ProviderDialect } from '../../../src/providers/adapter.ts';
import { eventDecoder, eventText, type ServerSentEvent } from '../../../src/providers/http/sse.ts';

/** A provider's stream as its documentation shows it, and the body that the same request has without streaming. */
export interface Fixture {
	name: string;
	operation: Operation;
	request: JsonObject;
	events: { event?: string; data: JsonObject | string }[];
	body?: JsonObject;
	/** Why the stream stands for no whole answer, where it does not. */
	incomplete?: string;
}

export type WholeFixture = Fixture & { body: JsonObject };
export type BrokenFixture = Fixture & { incomplete: string };

export function fixtures(provider: Provider): Fixture[] {
	const folder = new URL(`../fixtures/${provider}/`, import.meta.url);
	return readdirSync(folder).map((file) => ({
		...(JSON.parse(readFileSync(new URL(file, folder), 'utf8')) as Omit<Fixture, 'name'>),
		name: file.replace('.json', ''),
	}));
}

export const wholeFixtures = (provider: Provider): WholeFixture[] =>
	fixtures(provider).filter((fixture): fixture is WholeFixture => fixture.body !== undefined);

export const brokenFixtures = (provider: Provider): BrokenFixture[] =>
	fixtures(provider).filter((fixture): fixture is BrokenFixture => fixture.incomplete !== undefined);

/** The stream as it comes over the wire. */
export const streamText = ({ events }: Fixture): string =>
	events.map(({ event, data }) => eventText(typeof data === 'string' ? data : JSON.stringify(data), event)).join('');

export function decode(bytes: Uint8Array, chunkSize = bytes.length): ServerSentEvent[] {
	const decoder = eventDecoder();
	const events: ServerSentEvent[] = [];
	for (let start = 0; start < bytes.length; start += chunkSize) {
		events.push(...decoder.push(bytes.subarray(start, start + chunkSize)));
	}
	return events;
}

export function assemble(dialect: ProviderDialect, { operation, request }: Fixture, text: string) {
	const assembler = dialect.assembler(operation, request);
	for (const event of decode(Buffer.from(text))) assembler.push(event);
	return assembler.result();
}

export const replayText = (dialect: ProviderDialect, { operation, request, body }: WholeFixture): string =>
	dialect.replay(operation, request, body).join('');
