import type { Relation, SchemaOverview } from '@directus/types';

type CollectionOverview = SchemaOverview['collections'][string];
type FieldOverview = CollectionOverview['fields'][string];

function field(name: string, more: Partial<FieldOverview> = {}): FieldOverview {
	return {
		field: name,
		type: 'string',
		defaultValue: null,
		nullable: true,
		generated: false,
		dbType: null,
		precision: null,
		scale: null,
		special: [],
		note: null,
		validation: null,
		alias: false,
		searchable: true,
		...more,
	};
}

const key = field('id', { type: 'integer', defaultValue: 'AUTO_INCREMENT' });
const alias = (name: string, special: string): FieldOverview =>
	field(name, { type: 'alias', alias: true, special: [special] });

function collection(name: string, fields: FieldOverview[], sortField: string | null = null): CollectionOverview {
	return {
		collection: name,
		primary: 'id',
		singleton: false,
		sortField,
		note: null,
		accountability: 'all',
		fields: Object.fromEntries([key, ...fields].map((one) => [one.field, one])),
	};
}

let relationId = 0;

function relation(
	many: string,
	manyField: string,
	one: string | null,
	oneField: string | null,
	more: { onDelete?: 'CASCADE' | 'SET NULL'; sort?: string; allowed?: string[] } = {},
): Relation {
	relationId += 1;
	const constraint = {
		table: many,
		column: manyField,
		foreign_key_table: one ?? '',
		foreign_key_column: 'id',
		constraint_name: null,
		on_update: null,
		on_delete: more.onDelete ?? 'SET NULL',
	};
	return {
		collection: many,
		field: manyField,
		related_collection: one,
		schema: one === null ? null : constraint,
		meta: {
			id: relationId,
			many_collection: many,
			many_field: manyField,
			one_collection: one,
			one_field: oneField,
			one_collection_field: more.allowed ? 'collection' : null,
			one_allowed_collections: more.allowed ?? null,
			one_deselect_action: 'nullify',
			junction_field: null,
			sort_field: more.sort ?? null,
		},
	};
}

/** A blog as one builds it in the Studio: each kind of relation once, users and files among their targets. */
export const blog: SchemaOverview = {
	collections: {
		articles: collection('articles', [
			field('title'),
			field('body', { type: 'text' }),
			field('meta', { type: 'json' }),
			field('keywords', { type: 'csv' }),
			field('published', { type: 'boolean' }),
			field('date_updated', { type: 'timestamp', special: ['date-updated'] }),
			field('author', { type: 'uuid', special: ['m2o'] }),
			field('image', { type: 'uuid', special: ['file'] }),
			field('parent', { type: 'integer', special: ['m2o'] }),
			alias('children', 'o2m'),
			alias('comments', 'o2m'),
			alias('tags', 'm2m'),
			alias('translations', 'translations'),
			alias('sections', 'm2a'),
			alias('divider', 'no-data'),
		]),
		comments: collection(
			'comments',
			[field('text'), field('article', { type: 'integer' }), field('position')],
			'position',
		),
		tags: collection('tags', [field('label'), alias('articles', 'm2m')]),
		articles_tags: collection('articles_tags', [
			field('article_id', { type: 'integer' }),
			field('tag_id', { type: 'integer' }),
			field('sort', { type: 'integer' }),
		]),
		articles_translations: collection('articles_translations', [
			field('article_id', { type: 'integer' }),
			field('language'),
			field('title'),
		]),
		articles_sections: collection('articles_sections', [
			field('article_id', { type: 'integer' }),
			field('item'),
			field('collection'),
		]),
		headings: collection('headings', [field('text')]),
		quotes: collection('quotes', [field('text')]),
		directus_users: collection('directus_users', [
			field('first_name'),
			field('password', { type: 'hash', special: ['hash', 'conceal'] }),
			alias('articles', 'o2m'),
		]),
		directus_files: collection('directus_files', [field('title'), field('filesize', { type: 'bigInteger' })]),
	},
	relations: [
		relation('articles', 'author', 'directus_users', 'articles'),
		relation('articles', 'image', 'directus_files', null),
		relation('articles', 'parent', 'articles', 'children', { onDelete: 'CASCADE' }),
		relation('comments', 'article', 'articles', 'comments', { onDelete: 'CASCADE' }),
		relation('articles_tags', 'article_id', 'articles', 'tags', { onDelete: 'CASCADE', sort: 'sort' }),
		relation('articles_tags', 'tag_id', 'tags', 'articles', { onDelete: 'CASCADE' }),
		relation('articles_translations', 'article_id', 'articles', 'translations', { onDelete: 'CASCADE' }),
		relation('articles_sections', 'article_id', 'articles', 'sections'),
		relation('articles_sections', 'item', null, null, { allowed: ['headings', 'quotes'] }),
	],
};
