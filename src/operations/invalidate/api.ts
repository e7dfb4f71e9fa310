import { defineOperationApi } from '@directus/extensions-sdk';

import { connectEngine } from '../connect.ts';
import type { Options } from '../options.ts';
import { INVALIDATE_ID, invalidateHandler } from './handler.ts';

export default defineOperationApi<Options>({ id: INVALIDATE_ID, handler: invalidateHandler(connectEngine) });
