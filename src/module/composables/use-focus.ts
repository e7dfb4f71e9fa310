import { nextTick, watch } from 'vue';

/** Puts the focus into what opens: Directus' dialogs and drawers keep it in once it is there, but leave it behind them. */
export function useInitialFocus(open: () => boolean, target: () => HTMLElement | null | undefined): void {
	watch(
		open,
		async (isOpen) => {
			if (!isOpen) return;
			// The first tick is the dialog's, which notes where to give the focus back.
			await nextTick();
			await nextTick();
			target()?.focus({ preventScroll: true });
		},
		{ immediate: true, flush: 'post' },
	);
}

/** Puts the focus on `target` where what had it is gone, as a row or a dialog that leaves; elsewhere it stays. */
export async function restoreFocus(target: () => HTMLElement | null | undefined): Promise<void> {
	await nextTick();
	const holder = document.activeElement;
	const gone = holder === null || holder === document.body || holder.closest('#dialog-outlet') !== null;
	if (gone) target()?.focus({ preventScroll: true });
}
