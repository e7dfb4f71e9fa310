export interface Column {
	title: string;
	/** Numbers stand at the right. */
	right?: boolean;
}

/** Plain text, columns as wide as their widest cell. */
export function table(columns: Column[], rows: string[][]): string {
	const widths = columns.map((column, index) =>
		Math.max(column.title.length, ...rows.map((row) => (row[index] ?? '').length)),
	);
	const line = (cells: string[]) =>
		columns
			.map((column, index) => {
				const cell = cells[index] ?? '';
				const width = widths[index] ?? 0;
				return column.right ? cell.padStart(width) : cell.padEnd(width);
			})
			.join('  ')
			.trimEnd();
	return [
		line(columns.map(({ title }) => title)),
		line(widths.map((width) => '─'.repeat(width))),
		...rows.map(line),
	].join('\n');
}

export function milliseconds(ms: number): string {
	return `${ms.toFixed(ms < 10 ? 1 : 0)} ms`;
}
