/** Addresses of objects in S3, in the form that AWS's own command line uses. */

export interface S3Object {
  readonly bucket: string;
  /** As it is: nothing in it is escaped. */
  readonly key: string;
}

const SCHEME = /^s3:/i;
const FORM = /^s3:\/\/(?<bucket>[a-z0-9][a-z0-9.-]{1,61}[a-z0-9])\/(?<key>.+)$/is;

/** Whether it is meant as an object in S3, well written or not. */
export function isS3Url(text: string): boolean {
  return SCHEME.test(text);
}

/** @returns undefined when it names no object */
export function parseS3Url(text: string): S3Object | undefined {
  const { bucket, key } = FORM.exec(text)?.groups ?? {};
  return bucket === undefined || key === undefined ? undefined : { bucket, key };
}
