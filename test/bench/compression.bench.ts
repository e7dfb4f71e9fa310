/** fflate beside node:zlib and zstd: time, size and how long the event loop is held, by the size of the answer. */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as wait } from 'node:timers/promises';
import { promisify } from 'node:util';
import zlib from 'node:zlib';
import { gunzipSync, gzipSync } from 'fflate';

import { packSection, unpackSection } from '../../src/cache/entry-codec.ts';
import type { Section } from '../../src/cache/entry.ts';
import { proseAnswer } from './support/sample-answers.ts';
import { median, quantile } from './support/timing.ts';
import { milliseconds, progress, ratio, section, table } from './support/table.ts';

const SIZES = [1, 2, 4, 8, 16, 32, 64, 256, 1024].map((kilobytes) => kilobytes * 1024);
/** Of real answers, of which most are short. */
const WARM_UP_MS = 200;
const MEASURE_MS = 250;
const MIN_REPETITIONS = 15;
const BLOCKING_REPETITIONS = 11;

type Bytes = Uint8Array;
/** May be asynchronous. */
type Work = (bytes: Bytes, length: number) => Bytes | Promise<Bytes>;

interface Way {
	name: string;
	pack: Work;
	unpack: Work;
}

const gzip = promisify(zlib.gzip);
const gunzip = promisify(zlib.gunzip);
const ways: Way[] = [
	{
		name: 'fflate',
		pack: (bytes) => gzipSync(bytes, { mtime: 0 }),
		unpack: (bytes, length) => gunzipSync(bytes, { out: new Uint8Array(length) }),
	},
	{ name: 'node:zlib, in place', pack: (bytes) => zlib.gzipSync(bytes), unpack: (bytes) => zlib.gunzipSync(bytes) },
	{ name: 'node:zlib, thread pool', pack: (bytes) => gzip(bytes), unpack: (bytes) => gunzip(bytes) },
	...zstd(),
	{ name: 'this cache', pack: packed, unpack: unpacked },
];

/** Node has it since 22.15. */
function zstd(): Way[] {
	if (typeof zlib.zstdCompressSync !== 'function') return [];
	const compress = promisify(zlib.zstdCompress);
	const decompress = promisify(zlib.zstdDecompress);
	return [
		{
			name: 'zstd, in place',
			pack: (bytes) => zlib.zstdCompressSync(bytes),
			unpack: (bytes) => zlib.zstdDecompressSync(bytes),
		},
		{ name: 'zstd, thread pool', pack: (bytes) => compress(bytes), unpack: (bytes) => decompress(bytes) },
	];
}

async function packed(bytes: Bytes): Promise<Bytes> {
	return (await packSection(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length), 0)).bytes;
}

function unpacked(bytes: Bytes, length: number): Promise<Bytes> {
	const stored: Section = { codec: 'gzip', length, bytes: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length) };
	return unpackSection(stored);
}

/** Milliseconds of one, the median. */
async function timeOf(work: () => unknown): Promise<number> {
	const times: number[] = [];
	const began = performance.now();
	for (let now = began; now - began < WARM_UP_MS + MEASURE_MS || times.length < MIN_REPETITIONS;) {
		const started = performance.now();
		await work();
		now = performance.now();
		if (now - began > WARM_UP_MS) times.push(now - started);
	}
	return median(times);
}

/** Milliseconds for which one keeps the event loop from all else, the median. */
async function blockingOf(work: () => unknown): Promise<number> {
	const held: number[] = [];
	const delay = monitorEventLoopDelay({ resolution: 1 });
	delay.enable();
	for (let repetition = 0; repetition < BLOCKING_REPETITIONS; repetition++) {
		await wait(5);
		delay.reset();
		await wait(3);
		await work();
		await wait(3);
		// A timer that is due every millisecond sees that millisecond besides.
		held.push(Math.max(0, delay.max / 1e6 - 1));
	}
	delay.disable();
	return quantile(held, 0.5);
}

const sizeName = (bytes: number): string => (bytes < 2 ** 20 ? `${bytes / 1024} KB` : `${bytes / 2 ** 20} MB`);

interface Measured {
	pack: number;
	unpack: number;
	packBlocks: number;
	unpackBlocks: number;
	share: number;
}

async function measure({ pack, unpack }: Way, bytes: Buffer): Promise<Measured> {
	const small = await pack(bytes, bytes.length);
	const back = await unpack(small, bytes.length);
	if (Buffer.compare(back, bytes) !== 0) throw new Error('what came back is not what went in');
	return {
		pack: await timeOf(() => pack(bytes, bytes.length)),
		unpack: await timeOf(() => unpack(small, bytes.length)),
		packBlocks: await blockingOf(() => pack(bytes, bytes.length)),
		unpackBlocks: await blockingOf(() => unpack(small, bytes.length)),
		share: small.length / bytes.length,
	};
}

const columns: { size: number; measured: Measured[] }[] = [];
for (const size of SIZES) {
	progress(sizeName(size));
	const bytes = proseAnswer(size, 3);
	const measured: Measured[] = [];
	for (const way of ways) measured.push(await measure(way, bytes));
	columns.push({ size, measured });
}

const tableOf = (cell: (measured: Measured, first: Measured) => string): string =>
	table([
		['', ...SIZES.map(sizeName)],
		...ways.map(({ name }, row) => [name, ...columns.map(({ measured }) => cell(measured[row]!, measured[0]!))]),
	]);
section(
	'Compression',
	"Answers cut from this project's documentation and sources, each way at its default level.",
	'Compressing, milliseconds:',
	tableOf(({ pack }) => milliseconds(pack)),
	'Compressing, to fflate (below 1 is faster):',
	tableOf(({ pack }, first) => ratio(pack, first.pack)),
	'Compressing holds the event loop for, milliseconds:',
	tableOf(({ packBlocks }) => milliseconds(packBlocks)),
	'Decompressing, milliseconds:',
	tableOf(({ unpack }) => milliseconds(unpack)),
	'Decompressing, to fflate:',
	tableOf(({ unpack }, first) => ratio(unpack, first.unpack)),
	'Decompressing holds the event loop for, milliseconds:',
	tableOf(({ unpackBlocks }) => milliseconds(unpackBlocks)),
	'Size, to the original:',
	tableOf(({ share }) => share.toFixed(2)),
);
process.exit(0);
