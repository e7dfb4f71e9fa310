import type { JsonObject } from '../../shared/api-types.ts';
import { isPresent, objectOf, objectsOf } from '../json/json.ts';
import { eventText } from '../http/sse.ts';
import { endingDelta, messageDeltas, type Delta, type DeltaStyle } from './split-deltas.ts';

export interface ReplayStyle extends DeltaStyle {
	/**
	 * Position of usage: `when_asked` in its own chunk, only for `stream_options.include_usage`; `always` with the last
	 * choice's end; `always_asked_apart` in its own chunk if asked, otherwise with the last choice's end.
	 */
	usage: 'when_asked' | 'always' | 'always_asked_apart';
}

/** Members in every chunk. The first chunk carries all others. */
const IN_EVERY_CHUNK = ['id', 'created', 'model', 'system_fingerprint', 'service_tier'];

/** A `chat.completion` as the events of its stream, `[DONE]` included. */
export function replayChat(request: JsonObject, answer: JsonObject, style: ReplayStyle): string[] {
	const { object: _object, choices: _choices, usage, ...members } = answer;
	const asked = objectOf(request['stream_options'])['include_usage'] === true;
	const apart = style.usage !== 'always' && asked && isPresent(usage);
	const head: JsonObject = { object: 'chat.completion.chunk' };
	for (const name of IN_EVERY_CHUNK) if (name in members) head[name] = members[name] ?? null;
	const chunk = (choices: JsonObject[], more: JsonObject = {}) =>
		eventText(JSON.stringify({ ...head, choices, ...(apart ? { usage: null } : {}), ...more }));

	const all = objectsOf(answer['choices']).flatMap((choice, position) => choiceParts(choice, position, style));
	const last = all.at(-1);
	const ending: JsonObject = !apart && style.usage !== 'when_asked' && isPresent(usage) ? { usage } : {};
	const events = all.map((part, position) =>
		chunk([part], { ...(position === 0 ? members : {}), ...(part === last ? ending : {}) }),
	);
	if (apart) events.push(chunk([], { usage }));
	return [...events, eventText('[DONE]')];
}

/** One choice as it grows: its message's deltas, then why it ended. */
function choiceParts(choice: JsonObject, position: number, style: ReplayStyle): JsonObject[] {
	const { index = position, message, finish_reason: ending = null, logprobs, ...others } = choice;
	const part = ({ delta, logprobs: own }: Delta, finish: JsonObject): JsonObject => ({
		index,
		delta,
		...(logprobs === undefined ? {} : { logprobs: own ?? null }),
		...finish,
	});
	const deltas = messageDeltas(objectOf(message), logprobs ?? null, style);
	return [
		...deltas.map((delta) => part(delta, { finish_reason: null })),
		part({ delta: endingDelta(objectOf(message)) }, { ...others, finish_reason: ending }),
	];
}
