import { storedRequest } from './cache-draft.ts';
import type { Exchange } from './provider-request.ts';

/** What is needed to ask the same again; see `Reviver`. */
export interface WarmRecord {
	provider: Exchange['provider'];
	operation: Exchange['operation'];
	collection: string | null;
	dependencies: Exchange['dependencies'];
	directives: Exchange['directives'];
	contentType: Exchange['contentType'];
	confidence: number | null;
	/** As in `Exchange`. */
	item: string | null;
	/** Asked without permissions to check, and so by no user. */
	unrestricted: boolean;
	request: ReturnType<typeof storedRequest>;
}

/** The record of this request, as bytes. */
export function warmRecord(exchange: Exchange): Buffer {
	const { provider, operation, collection, dependencies, directives, contentType, confidence, item, caller } = exchange;
	const { mode: _, ...lasting } = directives;
	const record: WarmRecord = {
		provider,
		operation,
		collection,
		dependencies,
		directives: lasting,
		contentType,
		confidence,
		item,
		unrestricted: caller.accountability === null,
		request: storedRequest(exchange),
	};
	return Buffer.from(JSON.stringify(record));
}
