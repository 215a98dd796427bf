import { Token } from 'aws-cdk-lib';
import type { DomainName, HttpApi } from 'aws-cdk-lib/aws-apigatewayv2';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { FunctionUrlAuthType, type Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import type { RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import { CallbackHttpApi, type HttpApiEndpointOptions } from './callback-http-api';
import { validateCallbackUrl } from './validate-callback-endpoint';

/**
 * What an endpoint is made of.
 *
 * @internal
 */
export interface CallbackEndpointContext {
  /** Answers callbacks. */
  readonly handler: LambdaFunction;
  /** The pipeline's name, unique in its account and region. */
  readonly pipelineName: string;
  /** How long the access log is kept. */
  readonly logRetention: RetentionDays;
  /** Encrypts the access log. */
  readonly encryptionKey?: IKey;
}

/**
 * What became of it.
 *
 * @internal
 */
export interface BoundCallbackEndpoint {
  /** What EvoLink is told, without our path. */
  readonly url?: string;
  /** An HTTP API of its own. */
  readonly api?: HttpApi;
  /** The domain name of that. */
  readonly domain?: DomainName;
}

/**
 * Where EvoLink says that a task has ended. EvoLink does not sign its callbacks: whatever the endpoint, the address
 * carries an attempt's id and its secret, and what the body says is only a hint.
 */
export abstract class CallbackEndpoint {
  /**
   * An HTTP API with one route, throttled, with an access log that leaves the path out.
   *
   * @param options throttling, and a domain name of your own
   */
  public static httpApi(options: HttpApiEndpointOptions = {}): CallbackEndpoint {
    return new HttpApiEndpoint(options);
  }

  /**
   * The URL of the function itself: the cheapest, and where HTTP APIs are not allowed. It has no access log and no
   * throttling of its own: a flood is limited by the concurrency of the account alone.
   */
  public static functionUrl(): CallbackEndpoint {
    return new FunctionUrlEndpoint();
  }

  /**
   * A gateway of your own. It must hand each `POST <url>/callback/<attempt>/<secret>` to `pipeline.functions.callback`:
   * as an HTTP API does (payload 1.0 or 2.0), a REST API with Lambda proxy integration, a function URL or a load
   * balancer. It must answer within 10 seconds, and the path must be in none of its logs: it is the credential.
   *
   * It may belong to the same stack: give the URL first, and the function to the gateway when the pipeline is there.
   *
   * @param url https, on a public host, without query, fragment and credentials; at most 2,048 characters with our
   * path. Where parts of it are known at deployment only, the others are checked
   */
  public static existing(url: string): CallbackEndpoint {
    return new ExistingEndpoint(url);
  }

  /**
   * None: EvoLink is given no address, and the sweep finds every task, which it asks for each time from 3 seconds after
   * its submission (`firstCheckAfter`): with a `sweepInterval` of a minute up to a minute after its end, and later where
   * a task takes more than about eight minutes, since the gaps grow. The function that answers callbacks is there and
   * nobody can call it.
   */
  public static none(): CallbackEndpoint {
    return new NoEndpoint();
  }

  /**
   * Whether a value is an endpoint.
   *
   * @internal
   */
  public static _isEndpoint(value: unknown): value is CallbackEndpoint {
    return typeof value === 'object' && value !== null && (value as CallbackEndpoint).isEndpoint;
  }

  // The published types leave out what is internal: without this member every value would pass for an endpoint.
  private readonly isEndpoint = true;

  /**
   * Whether its address may be known only once the function is there.
   *
   * @internal
   */
  public readonly _needsHandler: boolean = false;

  /**
   * Whether EvoLink is told to call, so that asking it is what helps when that did not arrive.
   *
   * @internal
   */
  public readonly _isCalled: boolean = true;

  /** @internal */
  public abstract _bind(scope: Construct, id: string, context: CallbackEndpointContext): BoundCallbackEndpoint;
}

class HttpApiEndpoint extends CallbackEndpoint {
  constructor(private readonly options: HttpApiEndpointOptions) {
    super();
  }

  public _bind(scope: Construct, id: string, context: CallbackEndpointContext): BoundCallbackEndpoint {
    return new CallbackHttpApi(scope, id, { ...this.options, ...context });
  }
}

class FunctionUrlEndpoint extends CallbackEndpoint {
  public override readonly _needsHandler = true;

  public _bind(_scope: Construct, _id: string, { handler }: CallbackEndpointContext): BoundCallbackEndpoint {
    const { url } = handler.addFunctionUrl({ authType: FunctionUrlAuthType.NONE });
    return { url };
  }
}

class ExistingEndpoint extends CallbackEndpoint {
  public override readonly _needsHandler: boolean;

  constructor(private readonly url: string) {
    super();
    // A gateway of the same app: the stage of a REST API, say, waits for its methods, and they for the function.
    this._needsHandler = Token.isUnresolved(url);
  }

  public _bind(scope: Construct): BoundCallbackEndpoint {
    validateCallbackUrl(scope, this.url);
    return { url: this.url };
  }
}

class NoEndpoint extends CallbackEndpoint {
  public override readonly _isCalled = false;

  public _bind(): BoundCallbackEndpoint {
    return {};
  }
}
