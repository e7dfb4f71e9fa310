import { describe, expect, it } from 'vitest';

import { contentOfTags } from '../../src/cache/tags/tags.ts';
import { isSnapshotOf } from '../../src/cache/policy/cost-tier.ts';
import { fillPlaceholders } from '../../src/content/templates/placeholders.ts';
import { acceptsGzip } from '../../src/endpoints/compatible/responder.ts';
import { stripMarkdown } from '../../src/module/lib/preview.ts';
import { readAuthoredTexts, findMissingValues, convertToTemplate } from '../../src/operations/flow-template.ts';
import { parseBody } from '../../src/providers/json/answer-body.ts';
import { parseExactly, withExactNumbers } from '../../src/providers/json/lossless-json.ts';
import { callerHeaders } from '../../src/providers/http/headers.ts';
import { createPricing } from '../../src/providers/pricing/pricing.ts';
import { saysTheSame } from '../../src/providers/json/body-equivalence.ts';
import { isRepeated } from '../../src/providers/shared/confidence-signals.ts';
import { eventDecoder } from '../../src/providers/http/sse.ts';
import { parseDuration, parseSize } from '../../src/services/config/notation.ts';
import { withoutKey, withoutKeyRemains, withoutKeyShapes } from '../../src/services/errors/redaction.ts';
import { withoutCredentials } from '../../src/services/config/settings.ts';
import { reasonIn } from '../../src/services/errors/provider-failure.ts';

const KEY = 'sk-proj-Abc123Def456Ghi789Jkl012Mno345';
const SMALL = 25_000;
const LARGE = 200_000;
/** A bad text is found out at a size that does not take minutes. */
const FIRST = 10_000;

/** Whatever is short of this is fast, and too short to be measured. */
const FAST_MS = 20;
/** Eight times the text: 8 if it is linear, 64 if it is quadratic. */
const MAX_GROWTH = 24;

const ignoring = (work: () => unknown) => {
	try {
		work();
	} catch {
		// Refused: it is the time that counts.
	}
};

/** Every function that reads text of callers, providers or authors. */
const readers: Record<string, (text: string) => unknown> = {
	withoutKey: (text) => withoutKey(text, KEY),
	withoutKeyRemains: (text) => withoutKeyRemains(text, KEY),
	withoutKeyShapes,
	'reasonIn, JSON': (text) => reasonIn(Buffer.from(JSON.stringify({ error: { message: text } }))),
	'reasonIn, page or events': (text) => reasonIn(Buffer.from(text)),
	'parseBody, NaN': (text) => parseBody(Buffer.from(`{"a":NaN,"b":"${text}`)),
	withoutCredentials,
	parseDuration,
	parseSize,
	plainLine: stripMarkdown,
	isRepeated,
	fillPlaceholders: (text) => fillPlaceholders({ prompt: text }, () => ''),
	toTemplate: (text) => convertToTemplate(text, new Set(['a'])),
	authoredTexts: (text) => {
		const options = { prompt: text };
		return readAuthoredTexts({ operation: { key: 'k', type: 't', options } }, {}, 't', options);
	},
	'missingValues, spaces': (text) => findMissingValues({ flowValues: new Set([`[${text}`]), optional: new Set() }, {}),
	missingValues: (text) => findMissingValues({ flowValues: new Set([text]), optional: new Set() }, {}),
	parseExactly,
	withExactNumbers: (text) => withExactNumbers({}, Buffer.from(`{"n":${text.slice(0, -1)}}`)),
	saysTheSame: (text) => {
		const body = { text };
		return saysTheSame(Buffer.from(JSON.stringify(body)), body);
	},
	'eventDecoder, at once': (text) => eventDecoder().push(Buffer.from(text)),
	'eventDecoder, in pieces': (text) => {
		const decoder = eventDecoder();
		const bytes = Buffer.from(text);
		for (let at = 0; at < bytes.length; at += 1_000) decoder.push(bytes.subarray(at, at + 1_000));
		return decoder.end();
	},
	acceptsGzip,
	callerHeaders: (text) => callerHeaders({ 'content-type': `application/${text}`, 'x-request-id': text }),
	contentOfTags: (text) => contentOfTags([`i:${text}`, text]),
	isSnapshotOf: (text) => isSnapshotOf(`gpt${text}`, 'gpt'),
	'a price’s model': (text) => createPricing().tier('openai', text),
};

/** Texts over which a search begins anew at each character, or goes back over what it has read. */
const hostile: string[] = [
	'a',
	'9',
	' ',
	'\n',
	'\r',
	'\r\n',
	'\t',
	'*',
	'.',
	'…',
	'-',
	'/',
	'//',
	'\\',
	'"',
	'\\"',
	'`',
	'{',
	'{{',
	'{{a',
	'[',
	'[[a',
	'["',
	'}}',
	'a***',
	'a…',
	'sk-',
	'sk-a ',
	'Bearer ',
	'//a',
	'# ',
	'- ',
	'data: a\n',
	'data: a\n\n',
	'event: a\r',
	':\r',
	'a,',
	'gzip;q=',
	'-2024',
	'-20240101',
	'x:',
	'%',
	'1 ',
	'a "b',
	'<',
	'<a ',
	'<!--',
	'<script',
];

/** Processor time, which a busy machine does not lengthen as it does the time that passes. */
function measure(read: (text: string) => unknown, unit: string, size: number): number {
	const text = `${unit.repeat(Math.ceil(size / unit.length))}!`;
	const started = process.cpuUsage();
	ignoring(() => read(text));
	const { user, system } = process.cpuUsage(started);
	return (user + system) / 1_000;
}

/** The least of several growths: what else the process does counts too. */
function isLinear(read: (text: string) => unknown, unit: string): boolean {
	if (measure(read, unit, FIRST) > 20 * FAST_MS) return false;
	for (let run = 0; run < 4; run++) {
		const large = measure(read, unit, LARGE);
		if (large <= FAST_MS || large / Math.max(1, measure(read, unit, SMALL)) <= MAX_GROWTH) return true;
	}
	return false;
}

describe('the time to read a text from outside grows with its length alone', () => {
	it.each(Object.entries(readers))('%s', { timeout: 120_000 }, (_name, read) => {
		expect(hostile.filter((unit) => !isLinear(read, unit))).toEqual([]);
	});
});
