import { useStores } from '@directus/extensions-sdk';

export interface Notification {
	title: string;
	text?: string;
	type?: 'success' | 'warning' | 'error';
}

interface NotificationsStore {
	add(notification: Notification & { dialog?: boolean }): void;
}

/** Shows Directus' own notifications. */
export function useNotifications(): { notify(notification: Notification): void } {
	const { useNotificationsStore } = useStores() as { useNotificationsStore: () => NotificationsStore };
	const store = useNotificationsStore();
	return { notify: (notification) => store.add({ type: 'success', ...notification }) };
}
