import { Token } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { withModels } from '../domain/models';
import { isPrice, MAX_PRICE, pricedModelsProblems, tableWordsProblems } from '../domain/price-rules';
import type { ModelPrices as PriceRow, PriceTable as PriceData } from '../domain/prices';
import { describeGot } from './describe-got';
import { type ImageModel, renderModels } from './image-model';

/** Prices of a model that is billed by tokens: whole numbers of 10⁻⁷ credit for one token. */
export interface TokenPrices {
  /** A token of a picture that was made. EvoLink's published price is 18360, which is 1.836 credits for 1,000. */
  readonly imageOutput: number;
  /** A token of a reference image. */
  readonly imageInput: number;
  /** A token of a reference image that the usage reports as cached. */
  readonly imageCachedInput: number;
  /** A token of the prompt. */
  readonly textInput: number;
  /** A token of the prompt that the usage reports as cached. */
  readonly textCachedInput: number;
  /**
   * A token of text that the model writes beside a picture, as `gpt-image-1.5` does.
   *
   * @default - what text there is counts as `imageOutput`
   */
  readonly textOutput?: number;
}

/** Prices of a model that is billed by calls: whole numbers of 10⁻⁷ credit for one image. */
export interface CallPrices {
  /** An image of the tier 1K. EvoLink's published price is 10200000, which is 1.02 credits. */
  readonly oneK: number;
  /** An image of the tier 2K. */
  readonly twoK: number;
  /** An image of the tier 4K. */
  readonly fourK: number;
}

/** How a model is billed, and at what prices. */
export class ModelPrices {
  /**
   * Billed by tokens, as `gpt-image-2` is.
   *
   * @param prices for one token of each kind
   * @throws Error when a price is not a whole number from 0 to 1000000000
   */
  public static perToken(prices: TokenPrices): ModelPrices {
    const { imageOutput, imageInput, imageCachedInput, textInput, textCachedInput, textOutput } = prices;
    const amounts = {
      ...{ imageOutput, imageInput, imageCachedInput, textInput, textCachedInput },
      ...(textOutput === undefined ? {} : { textOutput }),
    };
    checkAmounts('ModelPrices.perToken', amounts);
    return new ModelPrices({ billing: 'per_token', ...amounts });
  }

  /**
   * Billed by calls, as `gpt-image-2-beta` is.
   *
   * @param prices for one image of each tier
   * @throws Error when a price is not a whole number from 0 to 1000000000
   */
  public static perCall(prices: CallPrices): ModelPrices {
    const { oneK, twoK, fourK } = prices;
    checkAmounts('ModelPrices.perCall', { oneK, twoK, fourK });
    return new ModelPrices({ billing: 'per_call', call: { '1K': oneK, '2K': twoK, '4K': fourK } });
  }

  /**
   * Whether a value is a model's prices.
   *
   * @internal
   */
  public static _isPrices(value: unknown): value is ModelPrices {
    return typeof value === 'object' && value !== null && '_render' in value;
  }

  private constructor(private readonly row: PriceRow) {}

  /**
   * The prices as the functions read them.
   *
   * @internal
   */
  public _render(): PriceRow {
    return this.row;
  }
}

/** What EvoLink charges, where it is not what the package knows. */
export interface PriceTable {
  /**
   * Name of the table, 1 to 64 characters of `A-Z a-z 0-9 . _ -`. It is kept in every estimate and ledger record, so
   * that a booking can be explained later: change it whenever a price changes.
   */
  readonly version: string;

  /** Day from which the prices are known, `yyyy-mm-dd`. */
  readonly date: string;

  /** Where the prices were taken from, at most 300 characters. */
  readonly source: string;

  /**
   * Prices by model: of packaged models and of those in `models`. A packaged model that is left out keeps its packaged
   * price.
   */
  readonly models: { [model: string]: ModelPrices };
}

/** A model without prices would fail its jobs at run time, after they were started. */
export function validatePrices(scope: IConstruct, prices: PriceTable | undefined, models?: ImageModel[]): void {
  const problems = priceTableProblems(prices, models);
  if (problems.length > 0)
    throw new Error(problems.map((problem) => `${scope.node.path}: prices.${problem}`).join('\n'));
}

/** What keeps a table, or its absence, from being used with these models. */
function priceTableProblems(prices: PriceTable | undefined, models?: ImageModel[]): string[] {
  const all = withModels(renderModels(models));
  if (!prices) return pricedModelsProblems(undefined, all);
  const { version, date, source } = prices;
  // A token may look like a source, and says nothing.
  const known = (value: unknown) => (Token.isUnresolved(value) ? undefined : value);
  const words = tableWordsProblems({ version: known(version), date: known(date), source: known(source) });
  const given: unknown = prices.models;
  if (typeof given !== 'object' || given === null) {
    return [...words, `models must have prices by model, got ${describeGot(given)}`];
  }
  const rows = Object.entries(given);
  const strangers = rows.filter(([, row]) => !ModelPrices._isPrices(row));
  if (strangers.length > 0) return [...words, ...strangers.map(notMade)];
  return [...words, ...pricedModelsProblems(renderPrices(prices).models, all)];
}

/** JavaScript and casts let anything through. */
function notMade([name, row]: [name: string, row: unknown]): string {
  return `models.${name} must be made by ModelPrices.perToken() or ModelPrices.perCall(), got ${describeGot(row)}`;
}

/** The table as the functions read it. */
export function renderPrices({ version, date, source, models }: PriceTable): PriceData {
  const rows = Object.entries(models).map(([name, prices]) => [name, prices._render()] as const);
  return { version, date, source, models: Object.fromEntries(rows) };
}

function checkAmounts(name: string, amounts: { [kind: string]: number }): void {
  const wrong = Object.entries(amounts).filter(([, amount]) => Token.isUnresolved(amount) || !isPrice(amount));
  if (wrong.length === 0) return;
  const problems = wrong.map(
    ([kind, amount]) => `${name}: ${kind} must be a whole number from 0 to ${MAX_PRICE} (10⁻⁷ credit), got ${amount}`,
  );
  throw new Error(problems.join('\n'));
}
