/** List prices of AWS in us-east-1, first tier, without free tiers. What docs/costs.md says is made of them. */

interface Price {
  readonly usd: number;
  /** For so many of them. */
  readonly per: number;
  readonly unit: string;
  /** The page of which a stored copy was read, on {@link PRICES_READ_ON}. */
  readonly source: string;
}

export const PRICES_READ_ON = '2026-11-24';

const cloudWatch = 'second-hand: signoz.io/guides/cloudwatch-pricing';
const lambda = 'second-hand: cloudchipr.com/blog/aws-lambda-pricing';
const dynamoDb = 'second-hand: airbyte.com/data-engineering-resources/dynamodb-pricing';
const secretsManager = 'a transcript of 2026-09-20 of aws.amazon.com/secrets-manager/pricing';

export const AWS_PRICES = {
  transition: {
    usd: 0.025,
    per: 1_000,
    unit: 'transitions of a Standard workflow',
    source: 'aws.amazon.com/step-functions/pricing',
  },
  invocation: { usd: 0.2, per: 1_000_000, unit: 'invocations of Lambda', source: lambda },
  gigabyteSecond: { usd: 0.0000133334, per: 1, unit: 'GB-second of Lambda on ARM', source: lambda },
  writeUnit: { usd: 0.625, per: 1_000_000, unit: 'write units of DynamoDB, on demand', source: dynamoDb },
  readUnit: { usd: 0.125, per: 1_000_000, unit: 'read units of DynamoDB, on demand', source: dynamoDb },
  put: { usd: 0.005, per: 1_000, unit: 'PUTs to S3 Standard', source: 'not confirmed' },
  httpRequest: {
    usd: 1,
    per: 1_000_000,
    unit: 'requests to an HTTP API',
    source: 'second-hand: apigatewaycost.com/aws',
  },
  secretRead: { usd: 0.05, per: 10_000, unit: 'reads of a secret', source: secretsManager },
  secret: { usd: 0.4, per: 1, unit: 'secret for a month', source: secretsManager },
  logGigabyte: {
    usd: 0.5,
    per: 1,
    unit: 'GB of logs taken in',
    source: 'second-hand: factualminds.com/blog/amazon-cloudwatch-pricing-metrics-logs-alarms-dashboards',
  },
  series: { usd: 0.3, per: 1, unit: 'metric series for a month', source: cloudWatch },
  alarm: {
    usd: 0.1,
    per: 1,
    unit: 'alarm for a month',
    source: 'second-hand: c3x.dev/resources/aws/aws_cloudwatch_metric_alarm',
  },
  dashboard: {
    usd: 3,
    per: 1,
    unit: 'dashboard for a month, beyond three of an account',
    source: 'second-hand: factualminds.com/blog/amazon-cloudwatch-pricing-metrics-logs-alarms-dashboards',
  },
  key: { usd: 1, per: 1, unit: 'key for a month', source: 'aws.amazon.com/kms/pricing' },
} satisfies Record<string, Price>;

export type Priced = keyof typeof AWS_PRICES;

export const usdOf = (priced: Priced, count: number): number =>
  (count * AWS_PRICES[priced].usd) / AWS_PRICES[priced].per;

/** How long one run is taken to last. Nobody has measured them on AWS; EvoLink and S3 are waited for most of the time. */
export const ASSUMED_SECONDS = { Validate: 0.05, Submit: 1.5, Callback: 1, Archive: 3, Sweep: 0.3, Reconcile: 1 };

/** What AWS itself writes into the logs, roughly. */
export const ASSUMED_LOG_BYTES = { invocation: 400, workflowEvent: 500, httpRequest: 300 };
