/** The base of everything that the client throws by itself. Errors of AWS pass as they are. */
export class ImagePipelineError extends Error {
  override readonly name: string = 'ImagePipelineError';
}
