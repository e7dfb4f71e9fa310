import { onBeforeUnmount, onMounted, ref, shallowRef, type Ref, type ShallowRef } from 'vue';
import { toApiFailure, type ApiFailure } from '../lib/errors.ts';

export interface Live<Data> {
	/** The last answer; stays while a newer one is under way, so that nothing flickers. */
	data: ShallowRef<Data | null>;
	/** Why the last attempt failed; null again after one that did not. */
	failure: ShallowRef<ApiFailure | null>;
	/** An attempt asked for by hand or by a changed question is under way. */
	loading: Ref<boolean>;
	refresh(): Promise<void>;
}

/** Keeps `data` fresh every `seconds()` while the page is seen; a hidden page asks nothing, and asks at once when seen again. */
export function useLive<Data>(load: () => Promise<Data>, seconds: () => number): Live<Data> {
	const data = shallowRef<Data | null>(null);
	const failure = shallowRef<ApiFailure | null>(null);
	const loading = ref(true);
	let timer: ReturnType<typeof setTimeout> | undefined;
	let latest = 0;
	let stopped = false;

	async function attempt(): Promise<void> {
		clearTimeout(timer);
		const turn = ++latest;

		try {
			const answer = await load();
			if (turn !== latest || stopped) return;
			data.value = answer;
			failure.value = null;
		} catch (error) {
			if (turn !== latest || stopped) return;
			failure.value = toApiFailure(error);
		}

		loading.value = false;
		schedule();
	}

	function schedule(): void {
		clearTimeout(timer);
		if (stopped || document.hidden || failure.value?.kind === 'forbidden') return;
		timer = setTimeout(() => void attempt(), seconds() * 1000);
	}

	function onVisibility(): void {
		if (document.hidden) clearTimeout(timer);
		else void attempt();
	}

	onMounted(() => {
		document.addEventListener('visibilitychange', onVisibility);
		void attempt();
	});

	onBeforeUnmount(() => {
		stopped = true;
		clearTimeout(timer);
		document.removeEventListener('visibilitychange', onVisibility);
	});

	return {
		data,
		failure,
		loading,
		async refresh() {
			loading.value = true;
			await attempt();
		},
	};
}
