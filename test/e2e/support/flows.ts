import type { Api, ApiAnswer } from './api.ts';

export interface OperationDefinition {
	key: string;
	type: string;
	options: Record<string, unknown>;
}

export interface FlowDefinition {
	name: string;
	trigger: 'webhook' | 'event' | 'manual' | 'operation' | 'schedule';
	options?: Record<string, unknown>;
	/** Run one after the other. */
	operations: OperationDefinition[];
}

/** Options of a webhook trigger whose answer is the last operation's data. */
export const ANSWER_LAST = { method: 'POST', return: '$last', cache_enabled: false };

/** Creates an active flow and answers its id. */
export async function createFlow(directus: Api, flow: FlowDefinition): Promise<string> {
	const { id } = await directus.data<{ id: string }>('POST', '/flows', {
		name: flow.name,
		status: 'active',
		trigger: flow.trigger,
		accountability: 'all',
		options: flow.options ?? ANSWER_LAST,
	});
	let next: string | null = null;
	for (const [index, operation] of [...flow.operations.entries()].reverse()) {
		const created: { id: string } = await directus.data('POST', '/operations', {
			flow: id,
			name: operation.key,
			key: operation.key,
			type: operation.type,
			position_x: 20 + index * 20,
			position_y: 1,
			options: operation.options,
			resolve: next,
		});
		next = created.id;
	}
	await directus.data('PATCH', `/flows/${id}`, { operation: next });
	return id;
}

/** Triggers a webhook or manual flow with a payload; the answer is what the flow returns. */
export function triggerFlow<Body>(
	directus: Api,
	id: string,
	payload: unknown = {},
	token?: string | null,
): Promise<ApiAnswer<Body>> {
	return directus.api<Body>('POST', `/flows/trigger/${id}`, payload, token);
}
