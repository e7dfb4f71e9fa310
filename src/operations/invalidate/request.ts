import { type InvalidationRequest, PROVIDERS } from '../../shared/api-types.ts';
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

/** Builds the invalidation from the form's values. Throws a 400 if no criterion is given, or items without a collection. */
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
		throw createInvalidOptionError('collection', 'is missing: items and fields need a collection');
	}
	const all = parseBooleanOption(options, 'all') ?? false;
	if (Object.keys(criteria).length === 0 && !all)
		throw createInvalidOptionError('all', 'must be on if nothing else is chosen');
	const dryRun = parseBooleanOption(options, 'dry_run');
	return { ...criteria, ...(all && { all }), ...(dryRun !== undefined && { dry_run: dryRun }) };
}
