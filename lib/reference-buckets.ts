import { Stack } from 'aws-cdk-lib';
import { Grant, type Role } from 'aws-cdk-lib/aws-iam';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import { acknowledgeWildcard } from './acknowledge';

/** The buckets whose objects may be reference images. */
export class ReferenceBuckets {
  constructor(private readonly buckets: IBucket[]) {}

  /** Names of the buckets. */
  public names(): string[] {
    return this.buckets.map(({ bucketName }) => bucketName);
  }

  /**
   * Lets a function read every object of the buckets, and so sign URLs that do; with a bucket's own key where it has
   * one. Written out: CDK's grant of a bucket also lists it, and uses wildcards such as s3:GetObject*.
   */
  public grantSign(role: Role): void {
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
