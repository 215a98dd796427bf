/** The prices in force: those of the model table, until a test changes one. */
import { RATE_STEPS, TOKEN_KINDS, type Rates, type TokenKind } from './billing';
import { MODEL_NAMES, modelOf, type Model } from './models';

/** A changed price. */
export interface RateChange {
  readonly model: string;
  /** A kind of token, or `output_image` for a model that is priced by the call. */
  readonly component: TokenKind | 'output_image';
  /** 10^-4 credit per 1000 tokens, or per call: decimal text with at most four decimals; whole for a call. */
  readonly uc: string;
}

export class Prices {
  private readonly changed = new Map<string, Partial<Record<TokenKind, number>>>();
  private readonly changedCalls = new Map<string, number>();

  reset(): void {
    this.changed.clear();
    this.changedCalls.clear();
  }

  /** From now on tasks are held and charged at this rate, and the public price rules show it. */
  set({ model, component, uc }: RateChange): void {
    const known = modelOf(model);
    if (known === undefined) throw new RangeError(`There is no model '${model}'; one of ${MODEL_NAMES.join(', ')}.`);
    const components =
      known.billing === 'per_call' ? ['output_image'] : TOKEN_KINDS.filter((kind) => Object.hasOwn(known.rates, kind));
    if (!components.includes(component)) {
      throw new RangeError(`${model} has no price of '${component}'; it has ${components.join(', ')}.`);
    }
    const match = typeof uc === 'string' ? /^(\d{1,7})(?:\.(\d{1,4}))?$/.exec(uc) : null;
    if (match === null) throw new RangeError(`A rate is decimal text with at most four decimals, got '${uc}'.`);
    const steps = Number(match[1]) * RATE_STEPS + Number((match[2] ?? '').padEnd(4, '0'));
    if (component !== 'output_image') this.changed.set(model, { ...this.changed.get(model), [component]: steps });
    else if (steps % RATE_STEPS === 0) this.changedCalls.set(model, steps / RATE_STEPS);
    else throw new RangeError(`The price of a call is whole, got '${uc}'.`);
  }

  /** In steps of 10^-4 uc. */
  rates(model: Model): Rates {
    const published = Object.entries(model.rates).map(([kind, uc]) => [kind, uc * RATE_STEPS]);
    return { ...(Object.fromEntries(published) as Rates), ...this.changed.get(model.name) };
  }

  /** 10^-4 credit for one call at 1K, of a model that is priced by the call. */
  call(model: Model): number {
    return this.changedCalls.get(model.name) ?? model.callUnits ?? 0;
  }

  isChanged(model: Model): boolean {
    return this.changed.has(model.name) || this.changedCalls.has(model.name);
  }
}
