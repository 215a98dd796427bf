/** `submit` against a real HTTP server that plays EvoLink, so that every POST is seen and counted. */
import { ApiKey } from '../../lambda/shared/api-key';
import { Provider } from '../../lambda/shared/provider';
import type { SubmitDependencies, SubmitEvent } from '../../lambda/submit/submit';
import { submit } from '../../lambda/submit/submit';
import { startServer, type Answer, type HttpServer, type Reply } from '../evolink/support/servers';
import { BucketServer } from './bucket-server';
import { FakeSecrets } from './fake-secrets';
import { aSubmitEvent, TASK_ID } from './jobs';
import type { MemoryTableOptions } from './memory-table';
import { MAX_QUEUE_SECONDS, TestPipeline } from './pipeline';

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
  /** @default - S3 as it is where nothing is stored */
  readonly bucketServer?: BucketServer;
}

export class Submissions extends TestPipeline {
  private constructor(
    options: Options,
    readonly dependenciesOfSubmit: (pipeline: TestPipeline) => SubmitDependencies,
    private readonly server: HttpServer | undefined,
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
    } = options;
    const server = baseUrl === undefined ? await startServer(replies) : undefined;
    const apiKey = new ApiKey(new FakeSecrets(secrets).client, 'evolink/api-key');
    const provider = new Provider(apiKey, baseUrl ?? server?.baseUrl ?? '', '1.2.3');
    const dependencies = (pipeline: TestPipeline) => ({
      ...pipeline.dependencies(provider),
      references: { s3: bucketServer?.client ?? BucketServer.nobody, urlSeconds: 3_600 },
      callbackBaseUrl,
      firstCheckSeconds: 120,
      maxQueueSeconds: MAX_QUEUE_SECONDS,
      budgets: pipeline.budgets,
    });
    return new Submissions(options, dependencies, server);
  }

  submit(event: Partial<SubmitEvent> = {}): Promise<void> {
    return submit(aSubmitEvent(event), this.dependenciesOfSubmit(this));
  }

  /** Every POST that reached EvoLink, refused ones included. */
  posts(): { readonly body: Record<string, unknown>; readonly headers: Record<string, unknown> }[] {
    const posts = this.server?.seen.filter(({ method }) => method === 'POST') ?? [];
    return posts.map(({ body, headers }) => ({ body: JSON.parse(body) as Record<string, unknown>, headers }));
  }
}
