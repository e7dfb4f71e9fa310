import { onBeforeUnmount, onMounted, ref, shallowRef, type Ref, type ShallowRef } from 'vue';
import { parseApiFailure, type ApiFailure } from '../lib/api-failure.ts';

export interface PollingState<Data> {
	/** The latest answer. It stays while a new one loads, so that nothing flickers. */
	data: ShallowRef<Data | null>;
	/** Why the last attempt failed; null if it succeeded. */
	failure: ShallowRef<ApiFailure | null>;
	/** True during the first load and during `refresh`. */
	loading: Ref<boolean>;
	refresh(): Promise<void>;
}

/** Reloads `data` every `seconds()`. Pauses while the page is hidden, and reloads at once when it becomes visible again. */
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
