/** The package ships no types. Its version is exact in package.json: these modules are not part of its documented API. */
declare module 'probe-image-size/lib/formats/*' {
  /** Reads one format from pieces of a file, in order, and keeps a few bytes of them at most. */
  export class Parser {
    push(chunk: Uint8Array): void;
    getStatus(): number;
    getResult(): { readonly width: number; readonly height: number } | undefined;
  }
}

declare module 'probe-image-size/lib/common/utils' {
  /** The status of a parser that has not decided yet. */
  export const NEED_MORE: number;
}
