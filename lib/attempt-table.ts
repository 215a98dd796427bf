import { RemovalPolicy } from 'aws-cdk-lib';
import { AttributeType, Billing, type CfnGlobalTable, ProjectionType, TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import { Grant, type IGrantable } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
import { TABLE } from '../domain/constants';
import { grantKey } from './key-grant';

/** Properties of an `AttemptTable`. */
export interface AttemptTableProps {
  /**
   * Encrypts the table.
   *
   * @default - a key that AWS owns
   */
  readonly encryptionKey?: IKey;

  /**
   * What becomes of the table when it is removed from the stack. A table that is retained is also protected against
   * deletion.
   *
   * @default RemovalPolicy.RETAIN
   */
  readonly removalPolicy?: RemovalPolicy;
}

/** What DynamoDB asks of KMS, by its documentation, in the name of whoever uses a table under a key of its owner's. */
const KEY_ACTIONS = [
  'kms:Decrypt',
  'kms:DescribeKey',
  'kms:Encrypt',
  'kms:GenerateDataKey',
  'kms:GenerateDataKeyWithoutPlaintext',
  'kms:ReEncryptFrom',
  'kms:ReEncryptTo',
];

/**
 * One row for each attempt to get a task, changed by conditional writes only, so that nobody pays twice; besides, a
 * sparse index of the attempts that somebody still has to look after. Attempts expire after more than 90 days, when
 * their job's name is free again. The ledger, which is the truth about money, lies in the same table and is kept.
 */
export class AttemptTable extends Construct {
  /**
   * The table itself, with on-demand capacity and point-in-time recovery. Its own grants know nothing of
   * `encryptionKey`: whoever gets one needs the key besides.
   */
  public readonly table: TableV2;

  private readonly encryptionKey?: IKey;

  constructor(scope: Construct, id: string, props: AttemptTableProps = {}) {
    super(scope, id);
    const removalPolicy = props.removalPolicy ?? RemovalPolicy.RETAIN;
    this.encryptionKey = props.encryptionKey;

    this.table = new TableV2(this, 'Table', {
      partitionKey: { name: TABLE.partitionKey, type: AttributeType.STRING },
      sortKey: { name: TABLE.sortKey, type: AttributeType.STRING },
      billing: Billing.onDemand(),
      timeToLiveAttribute: TABLE.timeToLive,
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      globalSecondaryIndexes: [
        {
          indexName: TABLE.openIndex,
          partitionKey: { name: TABLE.openIndexPartitionKey, type: AttributeType.STRING },
          sortKey: { name: TABLE.openIndexSortKey, type: AttributeType.NUMBER },
          projectionType: ProjectionType.INCLUDE,
          nonKeyAttributes: [...TABLE.openIndexProjection],
        },
      ],
      removalPolicy,
      deletionProtection: removalPolicy !== RemovalPolicy.DESTROY,
    });
    if (props.encryptionKey) this.encrypt(props.encryptionKey);
  }

  /** Lets a function read, claim, change and complete attempts, also in transactions. */
  public grantTransact(grantee: IGrantable): Grant {
    return this.grant(grantee, ['GetItem', 'PutItem', 'UpdateItem'], this.table.tableArn);
  }

  /** Lets a function read an attempt with all that is kept beside it, and record what became of its images. */
  public grantRecord(grantee: IGrantable): Grant {
    return this.grant(grantee, ['GetItem', 'Query', 'PutItem', 'UpdateItem'], this.table.tableArn);
  }

  /** Lets a function see who is next in the queue. */
  public grantReadQueue(grantee: IGrantable): Grant {
    return this.grant(grantee, ['Query'], this.table.tableArn);
  }

  /** Lets a function take attempts out of the queue. */
  public grantLeaveQueue(grantee: IGrantable): Grant {
    return this.grant(grantee, ['DeleteItem'], this.table.tableArn);
  }

  /** Lets a function delete the signed URLs of references once their task is known. */
  public grantForgetReferences(grantee: IGrantable): Grant {
    return this.grant(grantee, ['DeleteItem'], this.table.tableArn);
  }

  /** Lets a function read what was spent and what is held, remember what it found, and settle open refunds. */
  public grantReconcile(grantee: IGrantable): Grant {
    return this.grant(grantee, ['GetItem', 'Query', 'PutItem', 'UpdateItem', 'DeleteItem'], this.table.tableArn);
  }

  /** Lets a function find the attempts that are open. */
  public grantFindOpen(grantee: IGrantable): Grant {
    return this.grant(grantee, ['Query'], `${this.table.tableArn}/index/${TABLE.openIndex}`);
  }

  /** Written out: `TableEncryptionV2.customerManagedKey` refuses a stack whose region is not known at synthesis. */
  private encrypt(key: IKey): void {
    const table = this.table.node.defaultChild as CfnGlobalTable;
    table.sseSpecification = { sseEnabled: true, sseType: 'KMS' };
    table.addPropertyOverride('Replicas.0.SSESpecification.KMSMasterKeyId', key.keyArn);
  }

  /** CDK's own grants of a table would add batch operations, scans and every index. */
  private grant(grantee: IGrantable, operations: string[], resource: string): Grant {
    const actions = operations.map((operation) => `dynamodb:${operation}`);
    const grant = Grant.addToPrincipal({ grantee, actions, resourceArns: [resource] });
    if (!this.encryptionKey) return grant;
    const use = { grantee, actions: KEY_ACTIONS, service: 'dynamodb', beside: this.table };
    return grant.combine(grantKey(this.encryptionKey, use));
  }
}
