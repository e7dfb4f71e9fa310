import { computed, ref, watch } from 'vue';
import { useRoute, useRouter } from 'vue-router';
import {
	filterFrom,
	sortingFrom,
	sortParameter,
	toQuery,
	type EntryFilter,
	type EntrySorting,
} from '../lib/entry-query.ts';
import { useAiCacheApi } from './use-ai-cache-api.ts';
import { useLive } from './use-live.ts';

const PAGE_SIZE = 25;

/** A page of entries: filter and sort live in the address, the way through the pages in a stack of cursors. */
export function useEntryList() {
	const api = useAiCacheApi();
	const route = useRoute();
	const router = useRouter();

	const filter = computed(() => filterFrom(route.query));
	const sorting = computed(() => sortingFrom(route.query['sort']));
	const cursors = ref<string[]>([]);

	const live = useLive(
		() => {
			const cursor = cursors.value.at(-1);
			const query = { ...filter.value, sort: sortParameter(sorting.value), limit: PAGE_SIZE };
			return api.entries(cursor === undefined ? query : { ...query, cursor });
		},
		() => 15,
	);

	const question = computed(() => JSON.stringify([filter.value, sorting.value]));

	watch(question, () => {
		cursors.value = [];
		void live.refresh();
	});

	function ask(nextFilter: EntryFilter, nextSorting: EntrySorting): void {
		void router.replace({ path: route.path, query: toQuery(nextFilter, nextSorting) });
	}

	function turn(to: string[]): void {
		cursors.value = to;
		void live.refresh();
	}

	return {
		...live,
		filter,
		sorting,
		filtered: computed(() => Object.keys(filter.value).length > 0),
		range: computed(() => {
			const first = cursors.value.length * PAGE_SIZE + 1;
			return { from: first, to: first + (live.data.value?.entries.length ?? 0) - 1 };
		}),
		hasPrevious: computed(() => cursors.value.length > 0),
		hasNext: computed(() => Boolean(live.data.value?.next_cursor)),
		setFilter: (next: EntryFilter) => ask(next, sorting.value),
		setSorting: (next: EntrySorting) => ask(filter.value, next),
		previous: () => turn(cursors.value.slice(0, -1)),
		next: () => {
			const cursor = live.data.value?.next_cursor;
			if (cursor) turn([...cursors.value, cursor]);
		},
	};
}
