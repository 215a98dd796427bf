/** Where the links of a completed task stand. EvoLink's client reads `results` and `result_data` and takes the union. */

/**
 * `both`: strings in `results`, the same as `{ url }` in `result_data`. `results`: there only. `image_url`, `url`: a list
 * in `result_data` only, under this name. `object`: `result_data` is one object, with one image and never more.
 * `both-different`: each of the two fields lacks a link that the other has, from two images on. `http`: `results` with
 * `http:` links, whatever the simulator serves. `duplicates`: every link twice in each field. `none`: completed without
 * a link and without an image. `objects-in-results`, `strings-in-result-data`: the one field in the form of the other.
 */
export type ResultShape =
  | 'both'
  | 'results'
  | 'image_url'
  | 'url'
  | 'object'
  | 'both-different'
  | 'http'
  | 'duplicates'
  | 'none'
  | 'objects-in-results'
  | 'strings-in-result-data';

type Fields = Readonly<Record<string, unknown>>;

const SHAPES: Readonly<Record<ResultShape, (links: readonly string[]) => Fields>> = {
  both: (links) => ({ results: links, result_data: links.map((url) => ({ url })) }),
  results: (links) => ({ results: links }),
  image_url: (links) => ({ result_data: links.map((image_url, index) => ({ result_id: `r${index}`, image_url })) }),
  url: (links) => ({ result_data: links.map((url) => ({ url })) }),
  object: ([image_url]) => ({ result_data: image_url === undefined ? {} : { result_id: 'r0', image_url } }),
  'both-different': (links) => {
    const some = Math.min(1, links.length - 1);
    return {
      results: links.slice(0, links.length - some),
      result_data: links.slice(some).map((image_url) => ({ image_url })),
    };
  },
  http: (links) => ({ results: links.map((link) => link.replace(/^https:/, 'http:')) }),
  duplicates: (links) => {
    const twice = [...links, ...links];
    return { results: twice, result_data: twice.map((image_url) => ({ image_url, url: image_url })) };
  },
  none: () => ({ results: [] }),
  'objects-in-results': (links) => ({ results: links.map((url) => ({ url })) }),
  'strings-in-result-data': (links) => ({ result_data: links }),
};

export const RESULT_SHAPES = Object.keys(SHAPES) as readonly ResultShape[];

export function resultFields(shape: ResultShape, links: readonly string[]): Fields {
  return SHAPES[shape](links);
}

/** Images that a task of this shape can deliver; only these are made and billed. */
export function mostImages(shape: ResultShape): number {
  return shape === 'none' ? 0 : shape === 'object' ? 1 : Infinity;
}
