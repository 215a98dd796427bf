import { EvolinkClient, EvolinkError, EvolinkUnauthorizedError } from '../../evolink';
import { type ApiKey, ApiKeyUnavailableError } from './api-key';
import { logger } from './logger';

/** A client that uses one API key, and the version of the secret that the key came from. */
export interface KeyedClient {
  readonly client: EvolinkClient;
  readonly keyVersion?: string;
}

export interface ProviderOptions {
  readonly apiKey: ApiKey;
  readonly baseUrl: string;
  /** Of the pipeline, for the User-Agent. */
  readonly version: string;
  /** Time for one query, in milliseconds. @default - that of the client */
  readonly queryTimeoutMs?: number;
}

/** What {@link Provider.query} throws: EvoLink, or the key for it, gave no answer, so nothing new is known. */
export function isQueryError(error: unknown): error is EvolinkError | ApiKeyUnavailableError {
  return error instanceof EvolinkError || error instanceof ApiKeyUnavailableError;
}

/** EvoLink as our functions use it: with the key from Secrets Manager, read once more when EvoLink does not accept it. */
export class Provider {
  constructor(private readonly options: ProviderOptions) {}

  /**
   * Runs one query, again with another key when EvoLink does not accept the first. Not for submissions: with another key
   * a POST is another submission, and whoever sends it decides.
   *
   * @throws EvolinkError, ApiKeyUnavailableError
   */
  async query<T>(use: (client: EvolinkClient) => Promise<T>): Promise<T> {
    const used = await this.current();
    try {
      return await use(used.client);
    } catch (error) {
      if (!(error instanceof EvolinkUnauthorizedError)) throw error;
      const fresh = await this.renewed(used);
      if (fresh === undefined) throw error;
      return use(fresh.client);
    }
  }

  /** @throws ApiKeyUnavailableError */
  async current(): Promise<KeyedClient> {
    return this.keyed(await this.options.apiKey.get());
  }

  /**
   * Reads the secret again, since EvoLink does not accept the key that was used; undefined when it holds no other.
   * @throws ApiKeyUnavailableError
   */
  async renewed(used: KeyedClient): Promise<KeyedClient | undefined> {
    const before = this.keys.get(used);
    const fresh = await this.options.apiKey.refresh();
    if (fresh === before) return undefined;
    logger.info('the API key was rotated');
    return this.keyed(fresh);
  }

  /**
   * The version of the key that calls are made with now. Undefined where it can't be read: then no call can be made
   * either, which says why.
   */
  async keyVersion(): Promise<string | undefined> {
    await this.options.apiKey.get().catch(() => undefined);
    return this.options.apiKey.version;
  }

  /** Beside the clients and not in them, so that no log of one shows a key. */
  private readonly keys = new WeakMap<KeyedClient, string>();

  private keyed(apiKey: string): KeyedClient {
    const { baseUrl, version, queryTimeoutMs } = this.options;
    const client = new EvolinkClient({
      baseUrl,
      apiKey,
      version,
      queryTimeoutMs,
      log: (event) => logger.info('evolink', { evolink: event }),
    });
    const keyed = { client, keyVersion: this.options.apiKey.version };
    this.keys.set(keyed, apiKey);
    return keyed;
  }
}
