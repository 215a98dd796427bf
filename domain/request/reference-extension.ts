import type { ProblemCode } from './problems';

const EXTENSIONS = ['jpeg', 'jpg', 'png', 'webp'];
/** `photo.gif` has an extension, `v1.2` has none. */
const EXTENSION = /\.(?=[a-z0-9]*[a-z])([a-z0-9]{1,10})$/i;

/** @param path of a URL or key of an object, of which the last part counts */
export function checkExtension(path: string, refuse: (code: ProblemCode, message: string) => void): void {
  const name = path.slice(path.lastIndexOf('/') + 1);
  const extension = EXTENSION.exec(name)?.[1]?.toLowerCase();
  if (extension === undefined || EXTENSIONS.includes(extension)) return;
  const message = `References are ${EXTENSIONS.join(', ')} files; the extension may be left out.`;
  refuse('url_unsupported_extension', message);
}
