import { nextTick, watch } from 'vue';

/** Focuses `target` when a dialog or drawer opens. Directus traps the focus inside it, but does not move it there. */
export function useInitialFocus(open: () => boolean, target: () => HTMLElement | null | undefined): void {
	watch(
		open,
		async (isOpen) => {
			if (!isOpen) return;
			// During the first tick, the dialog stores the element that gets the focus back.
			await nextTick();
			await nextTick();
			target()?.focus({ preventScroll: true });
		},
		{ immediate: true, flush: 'post' },
	);
}

/** Focuses `target` if the focused element was removed, for example a deleted row or a closed dialog. */
export async function restoreFocus(target: () => HTMLElement | null | undefined): Promise<void> {
	await nextTick();
	const holder = document.activeElement;
	const gone = holder === null || holder === document.body || holder.closest('#dialog-outlet') !== null;
	if (gone) target()?.focus({ preventScroll: true });
}
