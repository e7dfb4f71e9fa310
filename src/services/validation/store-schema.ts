import * as z from 'zod';
import type { JsonObject } from '../../shared/api-types.ts';
import { cachingShape, name, provider, refuseContradictions } from './generation-schema.ts';
import { once } from '../utils/lazy.ts';

/**
 * `POST /store`: a request as for `generate`, and its answer: the provider's own body as `response`, or plain `text`.
 */
export const storeSchema = once(() =>
	z
		.strictObject({
			provider: provider(),
			model: name(),
			prompt: z.string().min(1, 'must not be empty').optional(),
			messages: z.array(z.json()).min(1, 'must not be empty').optional(),
			system: z.string().optional(),
			params: z.record(z.string(), z.json()).optional(),
			...cachingShape(),
			response: z.record(z.string(), z.json()).optional(),
			text: z.string().min(1, 'must not be empty').optional(),
			duration_ms: z.number().min(0, 'must not be negative').optional(),
		})
		.superRefine((request, context) => {
			const refuse = (field: string, message: string): void => {
				context.addIssue({ code: 'custom', path: [field], message });
			};
			if ((request.prompt === undefined) === (request.messages === undefined))
				refuse('prompt', 'or messages must be given, not both');
			if ((request.response === undefined) === (request.text === undefined))
				refuse('response', 'or text must be given, not both');
			refuseContradictions(request, refuse);
			if (request.cache?.mode !== undefined) refuse('cache.mode', 'has no meaning when storing');
		}),
);

export type StoreRequest = z.output<ReturnType<typeof storeSchema>>;

const now = (): number => Math.floor(Date.now() / 1000);

/** A plain text as the provider's body would carry it; it says of itself that it came from elsewhere. */
export function bodyFromText({ provider: of, model }: StoreRequest, text: string): JsonObject {
	if (of === 'anthropic') {
		return {
			id: 'msg_stored',
			type: 'message',
			role: 'assistant',
			model,
			content: [{ type: 'text', text }],
			stop_reason: 'end_turn',
			stop_sequence: null,
			usage: { input_tokens: 0, output_tokens: 0 },
		};
	}
	return {
		id: 'chatcmpl-stored',
		object: 'chat.completion',
		created: now(),
		model,
		choices: [{ index: 0, message: { role: 'assistant', content: text }, finish_reason: 'stop' }],
		usage: { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 },
	};
}
