import type { Catalogue } from './catalogue.ts';
import { administration } from './de-DE/administration.ts';
import { entries } from './de-DE/entries.ts';
import { extensions } from './de-DE/extensions.ts';
import { general } from './de-DE/general.ts';
import { invalidation } from './de-DE/invalidation.ts';
import { overview } from './de-DE/overview.ts';

/** The German texts. */
const deDE: Catalogue = { ...general, ...overview, ...invalidation, ...entries, ...administration, ...extensions };

export default deDE;
