/** Rows of text as a Markdown table; the first is the head. */
export function table(rows: readonly (readonly (string | number)[])[]): string {
	const [head = [], ...body] = rows;
	const line = (cells: readonly (string | number)[]): string => `| ${cells.join(' | ')} |`;
	return [line(head), line(head.map((_, index) => (index === 0 ? '---' : '---:'))), ...body.map(line)].join('\n');
}

export const perSecond = (rate: number): string => Math.round(rate).toLocaleString('en');
export const ratio = (one: number, other: number): string => (one / other).toFixed(2);
export const milliseconds = (value: number): string => value.toFixed(value < 10 ? 2 : 0);
export const megabytes = (bytes: number): string => (bytes / 2 ** 20).toFixed(1);

/** A section of `docs/benchmarks.md`, on stdout; what is only progress belongs on stderr. */
export function section(title: string, ...parts: string[]): void {
	process.stdout.write(`## ${title}\n\n${parts.join('\n\n')}\n\n`);
}

export const progress = (message: string): void => void process.stderr.write(`   ${message}\n`);
