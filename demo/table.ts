export interface Column {
	title: string;
	/** Aligns the column to the right, as for numbers. */
	right?: boolean;
}

/** Formats a plain-text table. Columns are as wide as their widest cell. */
export function formatTable(columns: Column[], rows: string[][]): string {
	const widths = columns.map((column, index) =>
		Math.max(column.title.length, ...rows.map((row) => (row[index] ?? '').length)),
	);
	const formatLine = (cells: string[]) =>
		columns
			.map((column, index) => {
				const cell = cells[index] ?? '';
				const width = widths[index] ?? 0;
				return column.right ? cell.padStart(width) : cell.padEnd(width);
			})
			.join('  ')
			.trimEnd();
	return [
		formatLine(columns.map(({ title }) => title)),
		formatLine(widths.map((width) => '─'.repeat(width))),
		...rows.map(formatLine),
	].join('\n');
}

export function formatMilliseconds(ms: number): string {
	return `${ms.toFixed(ms < 10 ? 1 : 0)} ms`;
}
