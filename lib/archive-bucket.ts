import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import { Grant, type IGrantable } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { BlockPublicAccess, Bucket, BucketEncryption, type IBucket, ObjectOwnership } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { REFERENCES } from '../domain/constants';
import { acknowledge } from './acknowledge';
import { grantKey } from './key-grant';
import { validateDuration, validateRetention } from './validation';

/** Properties of an `ArchiveBucket`. */
export interface ArchiveBucketProps {
  /**
   * A bucket that exists already.
   *
   * @default - a new private bucket, reachable over TLS only
   */
  readonly bucket?: IBucket;

  /**
   * Encrypts a new bucket. What a bucket that exists already is encrypted with is its owner's choice.
   *
   * @default - keys of S3
   */
  readonly encryptionKey?: IKey;

  /**
   * How long images are kept, in whole days, at least one. Only for a new bucket.
   *
   * @default - images are kept for ever
   */
  readonly imageRetention?: Duration;

  /**
   * What becomes of a new bucket when it is removed from the stack. Its objects are never deleted on the way.
   *
   * @default RemovalPolicy.RETAIN
   */
  readonly removalPolicy?: RemovalPolicy;
}

/**
 * Where the images go, and who may write and read them there.
 *
 * A new bucket has no versions: every image is written once, under a key that holds its job's id, and an archive that
 * runs again writes the same bytes.
 */
export class ArchiveBucket extends Construct {
  /** The bucket itself: the one that was given, or a new one. */
  public readonly bucket: IBucket;

  constructor(scope: Construct, id: string, props: ArchiveBucketProps = {}) {
    super(scope, id);
    validateRetention(this, props.bucket !== undefined, props.imageRetention);
    validateDuration(this, 'imageRetention', props.imageRetention, { min: Duration.days(1), step: Duration.days(1) });

    this.bucket = props.bucket ?? this.createBucket(props);
  }

  /** Lets a function store objects, with the key of the bucket where it has one of its own. */
  public grantWrite(grantee: IGrantable): Grant {
    return this.grant(grantee, '*', 's3:PutObject', 'kms:GenerateDataKey');
  }

  /** Lets an app put pictures where jobs may use them as references, and nowhere else. */
  public grantPutReferences(grantee: IGrantable): Grant {
    return this.grant(grantee, `${REFERENCES.prefix}*`, 's3:PutObject', 'kms:GenerateDataKey');
  }

  /** Lets a function read what apps put there, and so sign URLs that do. */
  public grantReadReferences(grantee: IGrantable): Grant {
    return this.grant(grantee, `${REFERENCES.prefix}*`, 's3:GetObject', 'kms:Decrypt');
  }

  /** Lets somebody read every object of the bucket, with the key of the bucket where it has one of its own. */
  public grantRead(grantee: IGrantable): Grant {
    return this.grant(grantee, '*', 's3:GetObject', 'kms:Decrypt');
  }

  private createBucket(props: ArchiveBucketProps): Bucket {
    const bucket = new Bucket(this, 'Bucket', {
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      encryption: props.encryptionKey ? BucketEncryption.KMS : BucketEncryption.S3_MANAGED,
      encryptionKey: props.encryptionKey,
      // One request to KMS for many objects.
      bucketKeyEnabled: props.encryptionKey ? true : undefined,
      enforceSSL: true,
      objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
      versioned: false,
      lifecycleRules: [
        { abortIncompleteMultipartUploadAfter: Duration.days(1), expiration: props.imageRetention },
        // Where two rules speak of an object, S3 follows the one that ends it sooner.
        { prefix: REFERENCES.prefix, expiration: Duration.days(REFERENCES.expireDays) },
      ],
      removalPolicy: props.removalPolicy ?? RemovalPolicy.RETAIN,
    });
    acknowledge(
      bucket,
      'S1',
      'Server access logs need a second bucket for ever. Who needs an audit of reads turns on CloudTrail data events, or passes a bucket with logs.',
    );
    return bucket;
  }

  /** Written out: CDK's grants of a bucket use wildcards such as s3:GetObject* and kms:GenerateDataKey*. */
  private grant(grantee: IGrantable, keys: string, objectAction: string, keyAction: string): Grant {
    const grant = Grant.addToPrincipalOrResource({
      grantee,
      actions: [objectAction],
      resourceArns: [this.bucket.arnForObjects(keys)],
      resource: this.bucket,
    });
    const key = this.bucket.encryptionKey;
    if (!key) return grant;
    return grant.combine(grantKey(key, { grantee, actions: [keyAction], service: 's3', beside: this.bucket }));
  }
}
