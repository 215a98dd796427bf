import { RemovalPolicy } from 'aws-cdk-lib';
import { AccessLogFormat } from 'aws-cdk-lib/aws-apigateway';
import { DomainName, HttpApi, HttpMethod, HttpStage, LogGroupLogDestination } from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import type { ICertificate } from 'aws-cdk-lib/aws-certificatemanager';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { LogGroup, type RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { CALLBACK_ROUTE } from '../domain/constants';
import { acknowledge } from './acknowledge';
import { validateHttpApiEndpoint } from './validate-callback-endpoint';

/** How an HTTP API receives callbacks. */
export interface HttpApiEndpointOptions {
  /**
   * A domain name of your own, such as `images.example.com`; the API's own address is closed then. Its DNS record, an
   * alias or CNAME to `pipeline.callbackDomain.regionalDomainName`, is yours to make. Only together with `certificate`.
   *
   * @default - the API's own address
   */
  readonly domainName?: string;

  /**
   * The certificate of the domain name, in the pipeline's region. Only together with `domainName`.
   *
   * @default - none
   */
  readonly certificate?: ICertificate;

  /**
   * Requests a second that are let through on average: a whole number from 1 to 10,000. Above it EvoLink's own callbacks
   * are refused too; the sweep finds their tasks, later and without loss.
   *
   * @default 50
   */
  readonly rateLimit?: number;

  /**
   * Requests that are let through at once: a whole number from 1 to 5,000.
   *
   * @default 100
   */
  readonly burstLimit?: number;
}

/** Properties of a `CallbackHttpApi`. */
export interface CallbackHttpApiProps extends HttpApiEndpointOptions {
  /** The function that answers callbacks. */
  readonly handler: IFunction;

  /** The pipeline's name, unique in its account and region: the API's, and its log group's below a prefix of AWS. */
  readonly pipelineName: string;

  /** How long the access log is kept. */
  readonly logRetention: RetentionDays;

  /**
   * Encrypts the access log.
   *
   * @default - a key that AWS owns
   */
  readonly encryptionKey?: IKey;
}

/**
 * Where EvoLink says that a task has ended: one public route. EvoLink doesn't sign its callbacks, so the path carries
 * an attempt's id and its secret, and what the body says is only a hint.
 */
export class CallbackHttpApi extends Construct {
  /** The HTTP API. It has the one route and no other. */
  public readonly api: HttpApi;

  /** The API's access log. */
  public readonly accessLog: LogGroup;

  /** `https://…`, without the path that makes a callback. */
  public readonly url: string;

  /** The domain name, where there is one: its DNS record must point to its `regionalDomainName`. */
  public readonly domain?: DomainName;

  constructor(scope: Construct, id: string, props: CallbackHttpApiProps) {
    super(scope, id);
    validateHttpApiEndpoint(this, props);

    this.api = new HttpApi(this, 'Api', {
      apiName: props.pipelineName,
      description: "Receives EvoLink's callbacks.",
      createDefaultStage: false,
      // One way in: what guards the domain must not be walked around.
      disableExecuteApiEndpoint: props.domainName === undefined ? undefined : true,
    });
    this.api.addRoutes({
      path: CALLBACK_ROUTE,
      methods: [HttpMethod.POST],
      integration: new HttpLambdaIntegration('Handler', props.handler),
    });
    this.accessLog = new LogGroup(this, 'AccessLog', {
      // With this prefix, delivery does not use up the account's ten resource policies of CloudWatch Logs.
      logGroupName: `/aws/vendedlogs/apigateway/${props.pipelineName}`,
      retention: props.logRetention,
      encryptionKey: props.encryptionKey,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    this.domain = this.createDomain(props);
    new HttpStage(this, 'Stage', {
      httpApi: this.api,
      domainMapping: this.domain && { domainName: this.domain },
      stageName: '$default',
      autoDeploy: true,
      throttle: { rateLimit: props.rateLimit ?? 50, burstLimit: props.burstLimit ?? 100 },
      accessLogSettings: { destination: new LogGroupLogDestination(this.accessLog), format: accessLogFormat() },
    });
    acknowledge(
      this.api,
      'APIG4',
      "EvoLink can't authenticate itself. The path holds a secret of 256 bits for each attempt, checked in constant time, and the task is read again from EvoLink before anything changes.",
    );
    this.url = this.domain ? `https://${this.domain.name}` : this.api.apiEndpoint;
  }

  private createDomain({ domainName, certificate }: CallbackHttpApiProps): DomainName | undefined {
    if (domainName === undefined || certificate === undefined) return undefined;
    return new DomainName(this, 'Domain', { domainName, certificate });
  }
}

/** The route's key and never the path: the path is the credential. */
function accessLogFormat(): AccessLogFormat {
  return AccessLogFormat.custom(
    JSON.stringify({
      requestId: '$context.requestId',
      requestTime: '$context.requestTime',
      routeKey: '$context.routeKey',
      status: '$context.status',
      sourceIp: '$context.identity.sourceIp',
      userAgent: '$context.identity.userAgent',
      responseLatency: '$context.responseLatency',
      integrationLatency: '$context.integrationLatency',
      integrationStatus: '$context.integrationStatus',
    }),
  );
}
