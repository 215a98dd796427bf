import type { Downloaded, DownloadOptions } from './download';
import { download, timeLimit } from './download';
import { ArchiveError } from './errors';
import { inspectPicture, type Picture } from './picture';
import { httpsFormOf } from './url-guard';

export interface FetchedPicture extends Downloaded {
  readonly picture: Picture;
  /** It came unencrypted. */
  readonly overHttp: boolean;
}

/**
 * Fetches one result into a file and says what it is. An `http:` link is tried over https first, and as it stands only
 * where that gives no image: the picture is paid for (docs/decisions/0013).
 *
 * @throws ArchiveError
 */
export async function fetchPicture(link: string, file: string, options: DownloadOptions): Promise<FetchedPicture> {
  const signal = timeLimit(options);
  const attempt = async (url: string, overHttp: boolean): Promise<FetchedPicture> => {
    const downloaded = await download(url, file, options, { signal, allowHttp: overHttp });
    return { ...downloaded, picture: await inspectPicture(file), overHttp };
  };
  const overHttps = httpsFormOf(link);
  if (overHttps === undefined) return await attempt(link, false);
  try {
    return await attempt(overHttps, false);
  } catch (first) {
    // A file that is too large over https is the file, and no larger one is taken.
    if (!(first instanceof ArchiveError) || first.name === 'ResultTooLarge') throw first;
    return await attempt(link, true).catch((second: unknown) => {
      throw second instanceof ArchiveError ? both(first, second) : second;
    });
  }
}

/** Named by what the link itself answered. */
function both(overHttps: ArchiveError, overHttp: ArchiveError): ArchiveError {
  const message = `over http: ${overHttp.message}; over https before: ${overHttps.message}`;
  return new ArchiveError(overHttp.name, message, { cause: overHttp });
}
