import type { EntryMeta, EntryQuery } from '../../cache/entry.ts';

/** What a search in the list of entries looks through, in lower case. */
export function searchText(meta: EntryMeta, { previewHidden = false }: Pick<EntryQuery, 'previewHidden'>): string {
	const content = meta.content.flatMap((dependency) => [dependency.collection, ...(dependency.items ?? [])]);
	return [
		meta.key,
		meta.model,
		meta.collection ?? '',
		...content,
		...meta.freeTags,
		...(previewHidden ? [] : [meta.preview]),
	]
		.join('\n')
		.toLowerCase();
}
