import type { JsonObject } from '../../shared/api-types.ts';
import { chatConfidence, type ChatSignals } from '../chat-completions/confidence.ts';
import { objectsOf } from '../json/json.ts';
import type { Confidence } from '../adapter.ts';
import { reasonIf } from '../shared/confidence-signals.ts';

/** Temperatures go from 0 to 2. https://platform.openai.com/docs/api-reference/chat/create */
const SIGNALS: ChatSignals = {
	lowTemperature: 0.3,
	highTemperature: 1.2,
	seed: 'seed',
	own: (_request, { annotations }) => [reasonIf(objectsOf(annotations).length > 0, 'cited', 0.1)],
};

export const openAiChatConfidence = (request: JsonObject, answer: JsonObject): Confidence =>
	chatConfidence(request, answer, SIGNALS);
