import { computed, ref, type WritableComputedRef } from 'vue';
import { readStored, writeStored, parseColumnWidths } from '../lib/preferences.ts';

export interface Column {
	text: string;
	value: string;
	width: number;
	sortable?: boolean;
}

/** Table columns for `v-model:headers` of a `v-table`. The browser remembers the widths that users set. */
export function useColumns(table: string, columns: () => Column[]): WritableComputedRef<Column[]> {
	const name = `${table}-columns`;
	const widths = ref(parseColumnWidths(readStored(name)));

	return computed({
		get: () => columns().map((column) => ({ ...column, width: widths.value[column.value] ?? column.width })),
		set(drawn) {
			widths.value = Object.fromEntries(drawn.map(({ value, width }) => [value, width]));
			writeStored(name, widths.value);
		},
	});
}
