import { onBeforeUnmount, onMounted, ref, shallowRef, type Ref, type ShallowRef } from 'vue';
import { parseApiFailure, type ApiFailure } from '../lib/api-failure.ts';

export interface PollingState<Data> {
	/** The last answer; stays while a newer one is under way, so that nothing flickers. */
	data: ShallowRef<Data | null>;
	/** Why the last attempt failed; null again after one that did not. */
	failure: ShallowRef<ApiFailure | null>;
	/** An attempt asked for by hand or by a changed question is under way. */
	loading: Ref<boolean>;
	refresh(): Promise<void>;
}

/** Keeps `data` fresh every `seconds()` while the page is seen; a hidden page asks nothing, and asks at once when seen again. */
export function usePolling<Data>(load: () => Promise<Data>, seconds: () => number): PollingState<Data> {
	const data = shallowRef<Data | null>(null);
	const failure = shallowRef<ApiFailure | null>(null);
	const loading = ref(true);
	let timer: ReturnType<typeof setTimeout> | undefined;
	let latest = 0;
	let stopped = false;

	async function loadData(): Promise<void> {
		clearTimeout(timer);
		const turn = ++latest;

		try {
			const answer = await load();
			if (turn !== latest || stopped) return;
			data.value = answer;
			failure.value = null;
		} catch (error) {
			if (turn !== latest || stopped) return;
			failure.value = parseApiFailure(error);
		}

		loading.value = false;
		schedule();
	}

	function schedule(): void {
		clearTimeout(timer);
		if (stopped || document.hidden || failure.value?.kind === 'forbidden') return;
		timer = setTimeout(() => void loadData(), seconds() * 1000);
	}

	function handleVisibilityChange(): void {
		if (document.hidden) clearTimeout(timer);
		else void loadData();
	}

	onMounted(() => {
		document.addEventListener('visibilitychange', handleVisibilityChange);
		void loadData();
	});

	onBeforeUnmount(() => {
		stopped = true;
		clearTimeout(timer);
		document.removeEventListener('visibilitychange', handleVisibilityChange);
	});

	return {
		data,
		failure,
		loading,
		async refresh() {
			loading.value = true;
			await loadData();
		},
	};
}
