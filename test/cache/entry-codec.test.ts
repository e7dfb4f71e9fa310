import { gunzipSync, gzipSync } from 'node:zlib';
import * as fflate from 'fflate';
import { describe, expect, it } from 'vitest';
import { decodeEntry, decodeMeta, encodeEntry, packSection, unpackSection } from '../../src/cache/entry-codec.ts';
import type { Section } from '../../src/cache/entry.ts';
import { UndecodableEntryError } from '../../src/cache/errors.ts';
import { sampleEntry } from '../contract/fixtures.ts';

const THRESHOLD = 1000;
const LIMIT = 1_000_000;
const clock = { now: () => Date.UTC(2026, 0, 1) };
const text = (length: number): Buffer =>
	Buffer.from('A sentence of an answer. '.repeat(length / 25 + 1).slice(0, length));

/** The result, and how often the event loop came round before it was there. */
async function turnsDuring<Result>(work: () => Promise<Result>): Promise<[Result, number]> {
	let turns = 0;
	let next = setImmediate(function turn() {
		turns++;
		next = setImmediate(turn);
	});
	const result = await work();
	clearImmediate(next);
	return [result, turns];
}

describe('a section', () => {
	it('stays as it is up to the threshold, and where compression gains nothing', async () => {
		const small = text(THRESHOLD);
		expect(await packSection(small, THRESHOLD)).toEqual({ codec: 'identity', length: THRESHOLD, bytes: small });
		const random = Buffer.from(Array.from({ length: 2000 }, (_, index) => (index * 7919 * (index + 13)) % 251));
		const noise = gzipSync(random);
		expect((await packSection(noise, 10)).codec).toBe('identity');
	});

	it.each([1001, 2048, 2049, 16 * 1024, 16 * 1024 + 1, 64 * 1024, 64 * 1024 + 1, 300_000])(
		'of %i bytes becomes one gzip member and comes back',
		async (length) => {
			const bytes = text(length);
			const section = await packSection(bytes, THRESHOLD);
			expect(section).toMatchObject({ codec: 'gzip', length });
			expect(section.bytes.length).toBeLessThan(length);
			// RFC 1952: any client that accepts gzip can read it as it is.
			expect(gunzipSync(section.bytes).equals(bytes)).toBe(true);
			expect((await unpackSection(section)).equals(bytes)).toBe(true);
		},
	);

	it.each([1500, 10_000, 100_000])('of %i bytes is read whichever way it was compressed', async (length) => {
		const bytes = text(length);
		for (const packed of [Buffer.from(fflate.gzipSync(bytes)), gzipSync(bytes, { level: 9 })]) {
			const back = await unpackSection({ codec: 'gzip', length, bytes: packed });
			expect(back.equals(bytes)).toBe(true);
		}
	});

	it('that is large lets other work of the process go on while it is compressed and read', async () => {
		const large = text(1_000_000);
		const [section, packTurns] = await turnsDuring(() => packSection(large, THRESHOLD));
		const [back, unpackTurns] = await turnsDuring(() => unpackSection(section));
		expect(back.equals(large)).toBe(true);
		expect(packTurns).toBeGreaterThan(0);
		expect(unpackTurns).toBeGreaterThan(0);
		// What takes a fraction of a millisecond is not worth a thread.
		expect((await turnsDuring(() => packSection(text(2000), THRESHOLD)))[1]).toBe(0);
	});

	it.each([1500, 8000, 200_000])('never becomes larger than it says, whatever its bytes would', async (stated) => {
		const bomb = gzipSync(Buffer.alloc(5_000_000));
		const section: Section = { codec: 'gzip', length: stated, bytes: bomb };
		await expect(unpackSection(section)).rejects.toBeInstanceOf(UndecodableEntryError);
		// The trailer says how long it is, and may lie.
		const lying = Buffer.from(bomb);
		lying.writeUInt32LE(stated, lying.length - 4);
		await expect(unpackSection({ ...section, bytes: lying })).rejects.toBeInstanceOf(UndecodableEntryError);
	});

	it.each([10, 1500, 5000, 100_000])('of %i bytes that is damaged is reported, never answered', async (length) => {
		const packed = gzipSync(text(length));
		const damaged = Buffer.from(packed);
		damaged.fill(255, 10, damaged.length - 4);
		const flipped = Buffer.from(packed);
		flipped[packed.length - 6]! ^= 1;
		for (const bytes of [damaged, flipped, packed.subarray(0, packed.length >> 1), Buffer.alloc(0)]) {
			const section: Section = { codec: 'gzip', length, bytes };
			await expect(unpackSection(section)).rejects.toBeInstanceOf(UndecodableEntryError);
		}
	});
});

describe('an entry', () => {
	it('comes back as it went in', async () => {
		const entry = sampleEntry(clock, { content: [{ collection: 'articles', items: ['1'], fields: ['title'] }] });
		entry.body = await packSection(text(5000), THRESHOLD);
		entry.meta.preview = 'Grüße, 你好 😀';
		const bytes = encodeEntry(entry);
		expect(decodeEntry(bytes, LIMIT)).toEqual(entry);
		expect(decodeMeta(bytes).meta).toEqual(entry.meta);
	});

	it('cut short anywhere is undecodable', () => {
		const bytes = encodeEntry(sampleEntry(clock));
		for (let length = 0; length < bytes.length; length++) {
			expect(() => decodeEntry(bytes.subarray(0, length), LIMIT)).toThrow(UndecodableEntryError);
		}
	});

	it('of another format, codec or size than it may have is undecodable', () => {
		const entry = sampleEntry(clock, { body: 'x'.repeat(100) });
		const bytes = encodeEntry(entry);
		const { end } = decodeMeta(bytes);
		const changed = (at: number, value: number): Buffer => {
			const copy = Buffer.from(bytes);
			copy[at] = value;
			return copy;
		};
		expect(() => decodeEntry(changed(0, 0), LIMIT)).toThrow('unknown format');
		expect(() => decodeEntry(changed(end, 9), LIMIT)).toThrow('unknown codec');
		expect(() => decodeEntry(changed(8, 0), LIMIT)).toThrow('no JSON');
		expect(() => decodeEntry(bytes, 99)).toThrow('larger than an entry may be');
		expect(decodeEntry(bytes, 100).body.length).toBe(100);
		expect(() => decodeEntry(Buffer.from('{"text":"of something else"}'), LIMIT)).toThrow(UndecodableEntryError);
	});
});
