import { useStores } from '@directus/extensions-sdk';

/** Returns whether the user is an admin. Only admins can read figures and entries. */
export function useIsAdmin(): boolean {
	const { useUserStore } = useStores() as { useUserStore: () => { readonly isAdmin?: boolean } };
	return useUserStore().isAdmin === true;
}
