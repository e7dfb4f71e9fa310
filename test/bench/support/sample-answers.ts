import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

const PROJECT = path.resolve(import.meta.dirname, '../../..');

/** An answer as a provider gives it, of so many bytes: this project's own documentation and sources, not made-up words. */
export function proseAnswer(bytes: number, seed = 0): Buffer {
	const source = text();
	let start = (seed * 7919) % source.length;
	const parts: string[] = [];
	for (let left = bytes; left > 0;) {
		const piece = source.slice(start, start + left);
		parts.push(piece);
		left -= piece.length;
		start = 0;
	}
	const message = { role: 'assistant', content: parts.join('') };
	const answer = Buffer.from(JSON.stringify({ id: `chatcmpl-${seed}`, choices: [{ index: 0, message }] }));
	// Cut like one that is streamed: what matters is how it compresses.
	return answer.subarray(0, bytes);
}

let known: string | undefined;

function text(): string {
	known ??= [...filesIn('docs', '.md'), ...filesIn('src', '.ts')].map((file) => readFileSync(file, 'utf8')).join('\n');
	return known;
}

const filesIn = (folder: string, ending: string): string[] =>
	readdirSync(path.join(PROJECT, folder), { recursive: true, encoding: 'utf8' })
		.filter((file) => file.endsWith(ending) && file !== 'benchmarks.md')
		.sort()
		.map((file) => path.join(PROJECT, folder, file));
