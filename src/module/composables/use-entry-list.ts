import { computed, ref, watch } from 'vue';
import { useRoute, useRouter } from 'vue-router';
import {
	parseFilter,
	parseSorting,
	formatSorting,
	buildQuery,
	type EntryFilter,
	type EntrySorting,
} from '../lib/entry-query.ts';
import { parsePageSize, readStored, writeStored } from '../lib/preferences.ts';
import { useAiCacheApi } from './use-ai-cache-api.ts';
import { usePolling } from './use-polling.ts';

const PAGE_SIZE = 'entries-per-page';

/** A page's cursor and the number of entries on all earlier pages. Pages of a search can be shorter than the page size. */
interface PageStart {
	cursor: string;
	before: number;
}

/** One page of entries. The URL holds the filter and the sorting; a stack holds the starts of the visited pages. */
export function useEntryList() {
	const api = useAiCacheApi();
	const route = useRoute();
	const router = useRouter();

	const filter = computed(() => parseFilter(route.query));
	const sorting = computed(() => parseSorting(route.query['sort']));
	const starts = ref<PageStart[]>([]);
	const pageSize = ref(parsePageSize(readStored(PAGE_SIZE)));

	const live = usePolling(
		async () => {
			const { cursor, before } = starts.value.at(-1) ?? { cursor: undefined, before: 0 };
			const query = { ...filter.value, sort: formatSorting(sorting.value), limit: pageSize.value };
			return { ...(await api.fetchEntries(cursor === undefined ? query : { ...query, cursor })), before };
		},
		() => 15,
	);

	const question = computed(() => JSON.stringify([filter.value, sorting.value, pageSize.value]));

	// Go back if all entries of the last page are gone.
	watch(live.data, (page) => {
		const left = page === null || page.entries.length > 0 || page.next_cursor !== null || 'search' in filter.value;
		if (!left && starts.value.length > 0) goToPage(starts.value.slice(0, -1));
	});

	watch(question, () => {
		starts.value = [];
		void live.refresh();
	});

	const hasNext = computed(() => Boolean(live.data.value?.next_cursor));

	function navigate(nextFilter: EntryFilter, nextSorting: EntrySorting): void {
		void router.replace({ path: route.path, query: buildQuery(nextFilter, nextSorting) });
	}

	function goToPage(to: PageStart[]): void {
		starts.value = to;
		void live.refresh();
	}

	return {
		...live,
		filter,
		sorting,
		isFiltered: computed(() => Object.keys(filter.value).length > 0),
		/** `total` is null until a search has read all entries, because the number of matches is unknown. */
		range: computed(() => {
			const { before, entries, total } = live.data.value ?? { before: 0, entries: [], total: 0 };
			const to = before + entries.length;
			if (filter.value.search === undefined) return { from: before + 1, to, total };
			return { from: before + 1, to, total: hasNext.value ? null : to };
		}),
		hasPrevious: computed(() => starts.value.length > 0),
		hasNext,
		pageSize: computed(() => pageSize.value),
		setPageSize: (size: number) => {
			pageSize.value = size;
			writeStored(PAGE_SIZE, size);
		},
		setFilter: (next: EntryFilter) => navigate(next, sorting.value),
		setSorting: (next: EntrySorting) => navigate(filter.value, next),
		goToPrevious: () => goToPage(starts.value.slice(0, -1)),
		goToNext: () => {
			const page = live.data.value;
			if (!page?.next_cursor || live.loading.value) return;
			goToPage([...starts.value, { cursor: page.next_cursor, before: page.before + page.entries.length }]);
		},
	};
}
