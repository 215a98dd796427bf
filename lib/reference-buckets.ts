import { Grant, type Role } from 'aws-cdk-lib/aws-iam';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import { REFERENCES } from '../domain/constants';
import { acknowledgeWildcard } from './acknowledge';
import type { ArchiveBucket } from './archive-bucket';
import { grantKey } from './key-grant';

/** The buckets whose objects may be reference images: those that were given, and a part of the archive bucket. */
export class ReferenceBuckets {
  constructor(
    private readonly buckets: IBucket[],
    private readonly archive: ArchiveBucket,
  ) {}

  /** Names of the buckets. */
  public names(): string[] {
    return [...this.buckets, this.archive.bucket].map(({ bucketName }) => bucketName);
  }

  /**
   * Lets a function read every object of the buckets, and so sign URLs that do; with a bucket's own key where it has
   * one. Written out: CDK's grant of a bucket also lists it, and uses wildcards such as s3:GetObject*.
   */
  public grantSign(role: Role): void {
    this.archive.grantReadReferences(role);
    acknowledgeWildcard(
      role,
      this.archive.bucket.arnForObjects(`${REFERENCES.prefix}*`),
      'Apps put their references there under names of their own.',
    );
    for (const bucket of this.buckets) {
      Grant.addToPrincipalOrResource({
        grantee: role,
        actions: ['s3:GetObject'],
        resourceArns: [bucket.arnForObjects('*')],
        resource: bucket,
      });
      if (bucket.encryptionKey) {
        const use = { grantee: role, actions: ['kms:Decrypt'], service: 's3', beside: bucket };
        grantKey(bucket.encryptionKey, use);
      }
      acknowledgeWildcard(
        role,
        bucket.arnForObjects('*'),
        'The platform team names the buckets for references; which of their objects are used is up to the apps.',
      );
    }
  }
}
