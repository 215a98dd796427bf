import type { RequestDefaults } from '../../domain/request';
import { isLocalProvider, requireJson } from '../shared/config';
import type { ValidateEvent, ValidateResult } from './validate';
import { validate } from './validate';

const context = {
  defaults: requireJson<RequestDefaults>('requestDefaults'),
  allowLoopback: isLocalProvider(),
};

/** The Validate state: pure, calls nobody. */
export const handler = async (event: ValidateEvent): Promise<ValidateResult> => validate(event, context);
