/** Verifies what the pipeline assumes of EvoLink: docs/verify.md. */
export { AccountError } from './free-checks';
export { FolderInUseError, ReportFolder, REPORT_JSON, REPORT_MARKDOWN } from './report-folder';
export { reportJson, type Report } from './report';
export type { VerifyOptions } from './session';
export { verify } from './verify';
export { endLines, exitCodeOf, offer, QUESTION, reportLines } from './view';
