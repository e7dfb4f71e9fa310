import { administration } from './en-US/administration.ts';
import { entries } from './en-US/entries.ts';
import { extensions } from './en-US/extensions.ts';
import { general } from './en-US/general.ts';
import { invalidation } from './en-US/invalidation.ts';
import { overview } from './en-US/overview.ts';

/** The English texts. `{name}` is a placeholder; ` | ` separates the singular from the plural. */
const enUS = { ...general, ...overview, ...invalidation, ...entries, ...administration, ...extensions };

export default enUS;
