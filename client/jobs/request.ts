/** What an app asks for: the input of a job, with EvoLink's own names and ours (docs/jobs.md lists them). */

export interface ImageRequest {
  /** As long as the model takes it, 32,000 characters at most, and at most 60,000 bytes of UTF-8. */
  readonly prompt: string;
  /** One that the pipeline knows (docs/pricing.md). @default - the pipeline's, `gpt-image-2` unless it was deployed with another */
  readonly model?: string;
  /** `auto`, a ratio such as `16:9`, or pixels such as `1536x1024`. @default - the pipeline's, `auto` */
  readonly size?: string;
  /** With a ratio only. @default - the pipeline's, `1K` */
  readonly resolution?: '1K' | '2K' | '4K';
  /** One of the model's, such as `low`, `medium` or `high`. @default - the pipeline's, else the model's own */
  readonly quality?: string;
  /** Images asked for, 1 to 10; EvoLink may deliver fewer. @default - the pipeline's, 1 */
  readonly n?: number;
  /** 1 to 16 references: public https URLs, or what `uploadReference` returns. @default - none */
  readonly image_urls?: readonly string[];
  /** Who pays: S3 folder, budget and ledger. @default default */
  readonly tenant?: string;
  /** The job fails instead of spending more credits than this. @default - the pipeline's own cap, if it has one */
  readonly max_credits?: number | string;
  /** Up to 10 strings that come back in the output. @default - none */
  readonly metadata?: Readonly<Record<string, string>>;
  /** S3 prefix before everything else. @default - none */
  readonly output_prefix?: string;
}
