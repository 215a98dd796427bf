/** The report and the images on disk. The report is written anew after everything that happens. */
import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { redactor } from '../redact';
import { reportJson, reportMarkdown, type Report } from './report';

export const REPORT_JSON = 'report.json';
export const REPORT_MARKDOWN = 'report.md';

/** There is a report of another run, which may name paid tasks. */
export class FolderInUseError extends Error {
  override readonly name = 'FolderInUseError';
}

export class ReportFolder {
  private readonly clean: (text: string) => string;

  /**
   * @param path - made where it is missing
   * @param apiKey - never written: the report holds no secrets by its making, and this is looked at once more
   * @throws FolderInUseError, or what the file system says
   */
  constructor(
    readonly path: string,
    apiKey: string,
  ) {
    this.clean = redactor({ apiKey });
    mkdirSync(path, { recursive: true });
    if (existsSync(join(path, REPORT_JSON))) throw new FolderInUseError(`${path} holds the report of another run`);
  }

  /** Synchronous, so that a process that is killed right after it has lost nothing. */
  write(report: Report): void {
    this.replace(REPORT_JSON, `${JSON.stringify(reportJson(report), null, 2)}\n`);
    this.replace(REPORT_MARKDOWN, reportMarkdown(report));
  }

  /** @returns the file's name in the folder */
  saveImage(name: string, bytes: Uint8Array): string {
    writeFileSync(join(this.path, name), bytes);
    return name;
  }

  private replace(name: string, text: string): void {
    const file = join(this.path, name);
    const handle = openSync(`${file}.new`, 'w');
    try {
      writeFileSync(handle, this.clean(text));
      fsyncSync(handle);
    } finally {
      closeSync(handle);
    }
    renameSync(`${file}.new`, file);
  }
}
