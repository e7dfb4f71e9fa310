import { describe, expect, it } from 'vitest';

import { withoutKey, withoutKeyRemains, withoutKeyShapes } from '../../../src/services/errors/redaction.ts';
import { UpstreamFailure } from '../../../src/services/errors/provider-failure.ts';

const KEY = 'sk-proj-Abc123Def456Ghi789Jkl012Mno345';
/** As Mistral's: no beginning that tells it for a key. */
const PLAIN_KEY = 'Qm3fT9xWkz71LrBvYd52HsNpGc84JaEu';

describe('a provider’s refusal of a key', () => {
	it.each([
		['the key in full', `Incorrect API key provided: ${KEY}.`, 'Incorrect API key provided: [redacted].'],
		['twice', `${KEY} and ${KEY}`, '[redacted] and [redacted]'],
		['in stars', 'provided: sk-proj-************o345. Find', 'provided: [redacted]. Find'],
		['in stars of another key', 'Your api key: ****9f21 is invalid', 'Your api key: [redacted] is invalid'],
		['in dots', 'the key sk-proj-...o345 is wrong', 'the key [redacted] is wrong'],
		['in an ellipsis', 'the key …o345 is wrong', 'the key [redacted] is wrong'],
		['as it was sent', `got "Bearer ${KEY}"`, 'got "Bearer [redacted]"'],
		['another key', 'see sk-ant-api03-abcdefghijklmnop', 'see [redacted]'],
	])('is freed of %s', (_what, text, clean) => {
		expect(withoutKeyRemains(text, KEY)).toBe(clean);
	});

	it('is freed of a key without a known beginning, in full and masked', () => {
		expect(withoutKeyRemains(`No: ${PLAIN_KEY}, that is Qm3f...JaEu`, PLAIN_KEY)).toBe(
			'No: [redacted], that is [redacted]',
		);
	});

	it.each([
		'You can find your API key at https://platform.openai.com/account/api-keys.',
		'Incorrect API key provided: key must not be empty',
		'{"type":"error","error":{"type":"authentication_error","message":"invalid x-api-key"}}',
		'"request_id":"req_011CSHoEeqs5C35K2UUqR7Fy"',
		'"id":"3f0c2a7e-9d53-4b7b-8d1e-0f5a9c1b2d3e", "organization":"org-AbCdEfGhIjKlMnOpQrStUvWx"',
		'model claude-sonnet-4-5-20250929-with-a-very-long-name is not allowed for this key',
		'Bearer authentication is required ... and nothing else … really',
		'ask-me-anything-about-a-task, risk-assessments-included',
	])('keeps every other word: %s', (text) => {
		expect(withoutKeyRemains(text, KEY)).toBe(text);
		expect(withoutKeyShapes(text)).toBe(text);
	});
});

describe('a long refusal', () => {
	it('is freed of a key at its end, after a word of 1 MB', () => {
		const long = 'a'.repeat(1_000_000);
		expect(withoutKeyRemains(`${long} ${KEY} sk-proj-***o345 ${long}...`, KEY)).toBe(
			`${long} [redacted] [redacted] ${long}...`,
		);
	});
});

describe('an answer of another status', () => {
	it('loses the key alone', () => {
		const text = `too many ***, ${KEY}, sk-another-key-of-somebody`;
		expect(withoutKey(text, KEY)).toBe('too many ***, [redacted], sk-another-key-of-somebody');
	});

	it('is passed on byte for byte where there is no key in it', () => {
		const body = Buffer.from([0x7b, 0xff, 0xfe, 0x7d]);
		expect(UpstreamFailure.of('openai', { status: 500, headers: {}, body }, KEY).body).toBe(body);
		expect(UpstreamFailure.of('openai', { status: 401, headers: {}, body }, KEY).body).toBe(body);
	});
});
