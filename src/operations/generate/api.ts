import type { OperationApiConfig } from '@directus/types';

import { connectEngine } from '../connect.ts';
import type { Options } from '../options.ts';
import { GENERATE_ID, generateHandler } from './handler.ts';

const operation: OperationApiConfig<Options> = { id: GENERATE_ID, handler: generateHandler(connectEngine) };
export default operation;
