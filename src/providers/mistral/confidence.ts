import type { JsonObject } from '../../shared/api-types.ts';
import { chatConfidence, type ChatSignals } from '../chat-completions/confidence.ts';
import { objectsOf } from '../json/json.ts';
import type { Confidence } from '../adapter.ts';
import { reasonIf } from '../shared/confidence-signals.ts';

/** Mistral recommends temperatures from 0 to 0.7. https://docs.mistral.ai/api/#tag/chat */
const SIGNALS: ChatSignals = {
	lowTemperature: 0.2,
	highTemperature: 1,
	seed: 'random_seed',
	own: (_request, { content }) => [
		reasonIf(
			objectsOf(content).some(({ type }) => type === 'thinking'),
			'reasoned',
			0.1,
		),
		reasonIf(
			objectsOf(content).some(({ type }) => type === 'reference'),
			'cited',
			0.1,
		),
	],
};

export const mistralConfidence = (request: JsonObject, answer: JsonObject): Confidence =>
	chatConfidence(request, answer, SIGNALS);
