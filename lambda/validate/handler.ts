import type { ModelLimits } from '../../domain/models';
import type { PriceTable } from '../../domain/prices';
import type { RequestDefaults } from '../../domain/request';
import { isLocalProvider, optionalJson, requireJson } from '../shared/config';
import type { ValidateEvent, ValidateResult } from './validate';
import { validate } from './validate';

const context = {
  defaults: requireJson<RequestDefaults>('requestDefaults'),
  allowLoopback: isLocalProvider(),
  referenceBuckets: optionalJson<string[]>('referenceBuckets') ?? [],
  prices: optionalJson<PriceTable>('priceTable'),
  models: optionalJson<ModelLimits[]>('models'),
  maxCreditsPerJob: optionalJson<number>('maxCreditsPerJob'),
};

/** The Validate state: pure, calls nobody. */
export const handler = async (event: ValidateEvent): Promise<ValidateResult> => validate(event, context);
