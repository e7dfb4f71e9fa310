import { type InvalidationRequest, PROVIDERS } from '../../contract.ts';
import {
	booleanOption,
	choiceOption,
	compact,
	keysOption,
	type Options,
	refuse,
	textOption,
	textsOption,
} from '../options.ts';

/** The invalidation that the form's values make. No criteria without `all`, or items without a collection, is a 400. */
export function optionsToInvalidation(options: Options): InvalidationRequest {
	const criteria: InvalidationRequest = compact({
		provider: choiceOption(options, 'provider', PROVIDERS),
		model: textOption(options, 'model'),
		collection: textOption(options, 'collection'),
		items: keysOption(options, 'items'),
		fields: textsOption(options, 'fields'),
		tags: textsOption(options, 'tags'),
		key: textOption(options, 'key'),
	});
	if (criteria.collection === undefined && (criteria.items ?? criteria.fields)) {
		throw refuse('collection', 'is missing: items and fields are those of a collection');
	}
	const all = booleanOption(options, 'all') ?? false;
	if (Object.keys(criteria).length === 0 && !all) throw refuse('all', 'must be on where nothing else is chosen');
	const dryRun = booleanOption(options, 'dry_run');
	return { ...criteria, ...(all && { all }), ...(dryRun !== undefined && { dry_run: dryRun }) };
}
