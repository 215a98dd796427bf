/**
 * What travels between the workflow's states. A *job* is one execution and one image request; an *attempt* is our try
 * to get one EvoLink task for it. Field names inside are ours (camelCase); what an app reads or writes is snake_case.
 */
import type { Estimate } from './estimate';
import type { EstimateView } from './estimate-view';

/** The body that EvoLink gets, `callback_url` aside: the pipeline adds its own at submission. */
export interface ProviderRequest {
  readonly model: string;
  readonly prompt: string;
  readonly size?: string;
  readonly resolution?: string;
  readonly quality?: string;
  readonly n?: number;
  readonly image_urls?: readonly string[];
}

/**
 * Something to know about a job that succeeded: of its request, what is legal and has no effect or a surprising one; of
 * an image, what is unusual about it.
 */
export interface Warning {
  readonly code: string;
  /** A field of the request (`size`), or an image of the output (`images[0]`). */
  readonly path: string;
  readonly message: string;
}

/** One reason for which a request is refused. `got` is cut to 100 characters. */
export interface Problem {
  /** Where: `size`, `image_urls[2]`, `metadata.team`; the empty string means the whole input. */
  readonly path: string;
  readonly code: string;
  readonly message: string;
  readonly got?: unknown;
}

/** What was asked for, resolved: defaults applied, ratio and tier turned into pixels. */
export interface RequestedImages {
  readonly model: string;
  readonly size: string;
  readonly resolution?: string;
  readonly quality?: string;
  readonly n: number;
  readonly references: number;
  /** Pixels of each image. Absent for `auto`, where the model chooses. */
  readonly width?: number;
  readonly height?: number;
}

/** A validated request. Made by the Validate state and carried as the workflow variable `$job`. */
export interface Job {
  readonly jobId: string;
  readonly tenant: string;
  readonly metadata: Readonly<Record<string, string>>;
  /** Empty, or ends with `/`. */
  readonly outputPrefix: string;
  readonly request: ProviderRequest;
  readonly requested: RequestedImages;
  readonly estimate: Estimate;
  readonly warnings: readonly Warning[];
}

/** One archived image. */
export interface ArchivedImage {
  readonly bucket: string;
  readonly key: string;
  readonly bytes: number;
  /** Hex SHA-256 of the file, verified by S3 while it was stored. */
  readonly sha256: string;
  /** By the file's first bytes; `application/octet-stream` where they are those of no known kind of image. */
  readonly content_type: string;
  /**
   * Delivered pixels, read from the file itself, as they are coded: an EXIF orientation, which asks a viewer to turn the
   * picture, changes nothing here. Absent, as is `height`, where they can't be read: then the job's `warnings` say
   * `pixels_unreadable` of this image.
   */
  readonly width?: number;
  readonly height?: number;
  /** EvoLink's link was `http:`, and its host did not deliver the image over https: it came unencrypted. */
  readonly fetched_over_http?: true;
}

/** How the booked credits are known, best source first. */
export type UsageBasis = 'billing' | 'credits_used' | 'tokens' | 'assumed';

/** The output of a successful execution, and the content of `manifest.json`. */
export interface JobOutput {
  readonly job_id: string;
  readonly task_id: string;
  readonly attempt: number;
  readonly tenant: string;
  /** In the order of EvoLink; at least one, since a job without images fails. */
  readonly images: readonly [ArchivedImage, ...ArchivedImage[]];
  readonly requested: RequestedImages;
  /** The job had ended without an image before they were saved. Absent for a job that succeeded. */
  readonly salvaged?: true;
  /** EvoLink delivered fewer images than `n`. The charge follows what was delivered. */
  readonly partial: boolean;
  /** Those of the request, then those of the images: `image_kind_unknown`, `pixels_unreadable`, `fetched_over_http`. */
  readonly warnings: readonly Warning[];
  /** What was expected, with its parts; `credits.estimated` is its upper bound. */
  readonly estimate: EstimateView;
  /** Decimal strings with at most four decimals, EvoLink's own unit: nothing is rounded on the way. */
  readonly credits: { readonly estimated: string; readonly used: string; readonly basis: UsageBasis };
  /** Decimal string, six decimals; derived from the credits used (68 credits = 1 USD). */
  readonly cost_usd: string;
  /** EvoLink's usage block, untouched; `null` when it sent none. */
  readonly usage: unknown;
  readonly metadata: Readonly<Record<string, string>>;
  readonly timings: {
    readonly started_at: string;
    readonly submitted_at: string;
    readonly completed_at: string;
    readonly archived_at: string;
    readonly submit_to_complete_seconds: number;
    readonly complete_to_archived_seconds: number;
  };
}

/** Job ids become S3 keys and log fields. */
export const JOB_ID_PATTERN = /^[A-Za-z0-9_-]{1,80}$/;
