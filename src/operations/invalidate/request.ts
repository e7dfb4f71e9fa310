import { type InvalidationRequest, PROVIDERS } from '../../contract.ts';
import {
	parseBooleanOption,
	parseChoiceOption,
	omitUndefined,
	parseKeysOption,
	type Options,
	createInvalidOptionError,
	parseTextOption,
	parseTextsOption,
} from '../options.ts';

/** The invalidation that the form's values make. No criteria without `all`, or items without a collection, is a 400. */
export function buildInvalidation(options: Options): InvalidationRequest {
	const criteria: InvalidationRequest = omitUndefined({
		provider: parseChoiceOption(options, 'provider', PROVIDERS),
		model: parseTextOption(options, 'model'),
		collection: parseTextOption(options, 'collection'),
		items: parseKeysOption(options, 'items'),
		fields: parseTextsOption(options, 'fields'),
		tags: parseTextsOption(options, 'tags'),
		key: parseTextOption(options, 'key'),
	});
	if (criteria.collection === undefined && (criteria.items ?? criteria.fields)) {
		throw createInvalidOptionError('collection', 'is missing: items and fields are those of a collection');
	}
	const all = parseBooleanOption(options, 'all') ?? false;
	if (Object.keys(criteria).length === 0 && !all)
		throw createInvalidOptionError('all', 'must be on where nothing else is chosen');
	const dryRun = parseBooleanOption(options, 'dry_run');
	return { ...criteria, ...(all && { all }), ...(dryRun !== undefined && { dry_run: dryRun }) };
}
