import { defineOperationApi } from '@directus/extensions-sdk';

import { connectEngine } from '../connect.ts';
import type { Options } from '../options.ts';
import { GENERATE_ID, generateHandler } from './handler.ts';

export default defineOperationApi<Options>({ id: GENERATE_ID, handler: generateHandler(connectEngine) });
