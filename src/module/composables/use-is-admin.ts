import { useStores } from '@directus/extensions-sdk';

/** Whether the user may ask what this extension shows: its figures and entries are for admins. */
export function useIsAdmin(): boolean {
	const { useUserStore } = useStores() as { useUserStore: () => { readonly isAdmin?: boolean } };
	return useUserStore().isAdmin === true;
}
