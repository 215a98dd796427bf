import type { ArchivedImage, Warning } from '../../domain/job';
import { UNKNOWN_CONTENT_TYPE } from './picture';

/** What is unusual about the images of a job: each of them is stored all the same. */
export function imageWarnings(images: readonly ArchivedImage[]): Warning[] {
  return images.flatMap((image, index) =>
    CHECKS.filter(({ applies }) => applies(image)).map(({ code, message }) => ({
      code,
      path: `images[${index}]`,
      message,
    })),
  );
}

const CHECKS: readonly {
  readonly code: string;
  readonly message: string;
  readonly applies: (image: ArchivedImage) => boolean;
}[] = [
  {
    code: 'image_kind_unknown',
    message:
      'By its first bytes the file is no kind of image that the pipeline knows. It is stored as it came, as application/octet-stream.',
    applies: ({ content_type }) => content_type === UNKNOWN_CONTENT_TYPE,
  },
  {
    code: 'pixels_unreadable',
    message:
      'Width and height can not be read from the file, which may be damaged or of unusual coding. It is stored as it came.',
    applies: ({ width }) => width === undefined,
  },
  {
    code: 'fetched_over_http',
    message:
      'The link that EvoLink gave is http, and its host did not deliver the image over https: it was fetched unencrypted.',
    applies: ({ fetched_over_http }) => fetched_over_http === true,
  },
];
