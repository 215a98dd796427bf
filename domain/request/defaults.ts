/** A field as it was written, or else the pipeline's default for it. */
import { field, type JsonObject } from '../json';
import type { RequestField } from './fields';

/** Defaults of the pipeline. Each applies only where the request leaves the field out and the model can do it. */
export interface RequestDefaults {
  readonly model?: string;
  readonly size?: string;
  readonly resolution?: string;
  readonly quality?: string;
  readonly n?: number;
}

export interface Asked {
  readonly value: unknown;
  /** The request itself says so. Otherwise the value is the pipeline's default, or undefined. */
  readonly written: boolean;
  /** Ends a message about this value: who wrote a request must not look for a mistake that is not in it. */
  readonly origin: string;
}

export function asked(input: JsonObject, name: RequestField & keyof RequestDefaults, defaults: RequestDefaults): Asked {
  const written = field(input, name);
  if (written !== undefined) return { value: written, written: true, origin: '' };
  const value = defaults[name];
  return { value, written: false, origin: value === undefined ? '' : ' (This is the default of the pipeline.)' };
}
