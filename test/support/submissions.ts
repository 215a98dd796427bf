/** `submit` against a real HTTP server that plays EvoLink, so that every POST is seen and counted. */
import { SUBMISSION_SECONDS } from '../../domain/constants';
import { ApiKey } from '../../lambda/shared/api-key';
import { Provider } from '../../lambda/shared/provider';
import type { SubmitDependencies, SubmitEvent } from '../../lambda/submit/submit';
import { submit } from '../../lambda/submit/submit';
import type { SweepDependencies } from '../../lambda/sweep/sweep';
import { startServer, type Answer, type HttpServer, type Reply } from '../evolink/support/servers';
import { BucketServer } from './bucket-server';
import { FakeSecrets } from './fake-secrets';
import { aSubmitEvent, TASK_ID } from './jobs';
import type { MemoryTableOptions } from './memory-table';
import { MAX_QUEUE_SECONDS, TestPipeline } from './pipeline';
import { runSweep } from './sweeps';

export const API_KEY = 'sk-0123456789abcdefghijklmnop';
export const CALLBACK_BASE_URL = 'https://hooks.example.org';

export const CREATED: Reply = {
  body: { id: TASK_ID, object: 'image.generation.task', status: 'pending', model: 'gpt-image-2', usage: {} },
};

export const refusal = (status: number, code: string | number, headers = {}): Reply => ({
  status,
  headers,
  body: { error: { code, message: 'said EvoLink', type: 'some_error' } },
});

interface Options extends MemoryTableOptions {
  /** @default - one task is created, whatever comes */
  readonly replies?: Answer[];
  /** @default - no server of its own is started, and this one is used */
  readonly baseUrl?: string;
  /** What each read of the secret gives. */
  readonly secrets?: (string | undefined | Error)[];
  readonly callbackBaseUrl?: string;
  /** How long the function that sends may run, in seconds. @default - as long as it really may */
  readonly runSeconds?: number;
  /** @default - S3 as it is where nothing is stored */
  readonly bucketServer?: BucketServer;
}

export class Submissions extends TestPipeline {
  /** How long `submit` waited before each repeat, in milliseconds. */
  readonly pauses: number[] = [];
  /** Happens while `submit` waits before a repeat. */
  onPause: () => unknown = () => undefined;

  private constructor(
    options: Options,
    readonly dependenciesOfSubmit: (pipeline: TestPipeline) => SubmitDependencies,
    private readonly server: HttpServer | undefined,
    private readonly apiKey: ApiKey,
  ) {
    super(options);
  }

  static async start(options: Options = {}): Promise<Submissions> {
    const {
      replies = [CREATED],
      baseUrl,
      secrets = [API_KEY],
      callbackBaseUrl = CALLBACK_BASE_URL,
      bucketServer,
      runSeconds = SUBMISSION_SECONDS,
    } = options;
    const server = baseUrl === undefined ? await startServer(replies) : undefined;
    const apiKey = new ApiKey(new FakeSecrets(secrets).client, 'evolink/api-key');
    const provider = new Provider({ apiKey, baseUrl: baseUrl ?? server?.baseUrl ?? '', version: '1.2.3' });
    const dependencies = (pipeline: TestPipeline) => {
      const stopsAt = pipeline.time + runSeconds * 1_000;
      return {
        ...pipeline.dependencies(provider),
        references: { s3: bucketServer?.client ?? BucketServer.nobody, urlSeconds: 3_600 },
        callbackBaseUrl,
        firstCheckSeconds: 120,
        maxQueueSeconds: MAX_QUEUE_SECONDS,
        stopsAt: () => stopsAt,
        pause: async (ms: number) => {
          submissions.pauses.push(ms);
          pipeline.time += ms;
          await submissions.onPause();
        },
        budgets: pipeline.budgets,
      };
    };
    const submissions: Submissions = new Submissions(options, dependencies, server, apiKey);
    return submissions;
  }

  submit(event: Partial<SubmitEvent> = {}): Promise<void> {
    return submit(aSubmitEvent(event), this.dependenciesOfSubmit(this));
  }

  /** One run of the sweep: what it posts goes to the same server, its queries to `evolink`. */
  sweep(dependencies: Partial<SweepDependencies> = {}) {
    const { provider: posting } = this.dependenciesOfSubmit(this);
    const provider = {
      current: () => posting.current(),
      keyVersion: () => posting.keyVersion(),
      query: (use: Parameters<Provider['query']>[0]) => this.evolink.provider.query(use),
    } as unknown as Provider;
    return runSweep(this, { provider, ...dependencies });
  }

  /** The secret is read anew, and holds its next value. */
  async rotateKey(): Promise<void> {
    await this.apiKey.refresh();
  }

  /** Every POST that reached EvoLink, refused ones included. */
  posts(): { readonly body: Record<string, unknown>; readonly headers: Record<string, unknown> }[] {
    const posts = this.server?.seen.filter(({ method }) => method === 'POST') ?? [];
    return posts.map(({ body, headers }) => ({ body: JSON.parse(body) as Record<string, unknown>, headers }));
  }
}
