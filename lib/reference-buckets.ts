import { Stack } from 'aws-cdk-lib';
import { Grant, type Role } from 'aws-cdk-lib/aws-iam';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import { REFERENCES } from '../domain/constants';
import { acknowledgeWildcard } from './acknowledge';
import type { ArchiveBucket } from './archive-bucket';

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
      this.grantDecrypt(role, bucket);
      acknowledgeWildcard(
        role,
        bucket.arnForObjects('*'),
        'The platform team names the buckets for references; which of their objects are used is up to the apps.',
      );
    }
  }

  /** By a right of the role, through S3 alone: CDK's own grant does nothing to a key that was imported. */
  private grantDecrypt(role: Role, bucket: IBucket): void {
    if (!bucket.encryptionKey) return;
    Grant.addToPrincipal({
      grantee: role,
      actions: ['kms:Decrypt'],
      resourceArns: [bucket.encryptionKey.keyArn],
      conditions: { StringEquals: { 'kms:ViaService': `s3.${Stack.of(role).region}.amazonaws.com` } },
    });
  }
}
