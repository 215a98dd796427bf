import { EvolinkClient, EvolinkUnauthorizedError } from '../../evolink';
import type { ApiKey } from './api-key';
import { logger } from './logger';

/** EvoLink as our functions use it: with the key from Secrets Manager, read once more when EvoLink refuses it. */
export class Provider {
  constructor(
    private readonly apiKey: ApiKey,
    private readonly baseUrl: string,
    private readonly version: string,
  ) {}

  /**
   * Runs one call. A 401 means that nothing was done, so any call, the paid one too, may be repeated with another key;
   * with the same key it would only be refused again.
   */
  async call<T>(use: (client: EvolinkClient) => Promise<T>): Promise<T> {
    const key = await this.apiKey.get();
    try {
      return await use(this.client(key));
    } catch (error) {
      if (!(error instanceof EvolinkUnauthorizedError)) throw error;
      const fresh = await this.apiKey.refresh();
      if (fresh === key) throw error;
      logger.info('the API key was rotated');
      return use(this.client(fresh));
    }
  }

  /**
   * The version of the key that calls are made with now. Undefined where it can't be read: then no call can be made
   * either, which says why.
   */
  async keyVersion(): Promise<string | undefined> {
    await this.apiKey.get().catch(() => undefined);
    return this.apiKey.version;
  }

  private client(apiKey: string): EvolinkClient {
    return new EvolinkClient({
      baseUrl: this.baseUrl,
      apiKey,
      version: this.version,
      log: (event) => logger.info('evolink', { evolink: event }),
    });
  }
}
