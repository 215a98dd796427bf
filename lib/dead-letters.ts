import { Duration } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { EventInvokeConfig } from 'aws-cdk-lib/aws-lambda';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { acknowledge } from './acknowledge';
import { grantKey } from './key-grant';
import type { PipelineFunction } from './pipeline-function';

/** Properties of `DeadLetters`. */
export interface DeadLettersProps {
  /**
   * Encrypts the queue.
   *
   * @default - keys of SQS
   */
  readonly encryptionKey?: IKey;
}

/**
 * Where asynchronous work ends that failed for good: events that could not be delivered, and runs that threw each time.
 * A message holds names of jobs and numbers of attempts, and no secret; an event that could not be delivered comes whole,
 * with the prompt.
 */
export class DeadLetters extends Construct {
  /** The queue. Messages stay for 14 days, the longest that there is. */
  public readonly queue: Queue;

  private readonly encryptionKey?: IKey;

  constructor(scope: Construct, id: string, props: DeadLettersProps = {}) {
    super(scope, id);
    this.encryptionKey = props.encryptionKey;
    this.queue = new Queue(this, 'Queue', {
      encryption: props.encryptionKey ? QueueEncryption.KMS : QueueEncryption.SQS_MANAGED,
      encryptionMasterKey: props.encryptionKey,
      enforceSSL: true,
      retentionPeriod: Duration.days(14),
    });
    acknowledge(this.queue, 'SQS3', 'It is the queue of dead letters itself.');
  }

  /**
   * An invocation of this function that failed at all of its tries comes here. A destination, and not the function's own
   * `deadLetterQueue`: it says what went wrong, too.
   */
  public receiveFrom(source: PipelineFunction): void {
    new EventInvokeConfig(this, source.node.id, {
      function: source.lambdaFunction,
      onFailure: { bind: () => ({ destination: this.queue.queueArn }) },
    });
    source.role.addToPolicy(new PolicyStatement({ actions: ['sqs:SendMessage'], resources: [this.queue.queueArn] }));
    if (!this.encryptionKey) return;
    const actions = ['kms:Decrypt', 'kms:GenerateDataKey'];
    grantKey(this.encryptionKey, { grantee: source.role, actions, service: 'sqs', beside: this.queue });
  }
}
