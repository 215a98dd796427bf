/** Pixels of a picture whose size is given as a ratio. Without effect beside explicit pixels and `auto`. */
export enum Resolution {
  /** About 1 megapixel. */
  ONE_K = '1K',
  /** About 4 megapixels. */
  TWO_K = '2K',
  /** About 8 megapixels. */
  FOUR_K = '4K',
}

/**
 * What a request gets for a field that it leaves out. A default applies only where the chosen model knows the field.
 */
export interface RequestDefaults {
  /**
   * Name of the model: a packaged one (`docs/pricing.md`) or one of `models`.
   *
   * @default gpt-image-2
   */
  readonly model?: string;

  /**
   * `auto`, a ratio such as `16:9`, or pixels such as `1536x1024`.
   *
   * @default auto
   */
  readonly size?: string;

  /**
   * Pixels of a size that is given as a ratio.
   *
   * @default Resolution.ONE_K
   */
  readonly resolution?: Resolution;

  /**
   * Quality of the picture: how much work the model puts into it. `low`, `medium` and `high` are known to every model that
   * has qualities; what else there is depends on the model.
   *
   * @default - the model's own: medium, but high with gpt-image-1.5
   */
  readonly quality?: string;

  /**
   * Pictures for each request, 1 to 10. Every one of them is charged.
   *
   * @default 1
   */
  readonly n?: number;
}
