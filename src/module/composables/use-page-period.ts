import { computed, type WritableComputedRef } from 'vue';
import { useRoute, useRouter } from 'vue-router';
import { DEFAULT_PERIOD, parsePeriod, type Period } from '../lib/period.ts';

/** The period of a page. The URL holds it, so that it survives navigation, reloads and sharing. */
export function usePagePeriod(): WritableComputedRef<Period> {
	const route = useRoute();
	const router = useRouter();

	return computed({
		get: () => parsePeriod(route.query['period']),
		set: (period) => {
			const { period: _, ...query } = route.query;
			void router.replace({ query: period === DEFAULT_PERIOD ? query : { ...query, period } });
		},
	});
}
