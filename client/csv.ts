/**
 * Comma-separated values as RFC 4180 writes them, safe to open in a spreadsheet.
 * @see https://www.rfc-editor.org/rfc/rfc4180
 */

/** A number is written as it is. `decimal` marks text that is a number, such as an exact amount. */
export type CsvCell = string | number | { readonly decimal: string } | undefined;

const LINE_END = '\r\n';

const DECIMAL = /^-?\d+(\.\d+)?$/;

/**
 * What makes a spreadsheet calculate instead of show, also where it skips blanks before it, and in its full-width
 * forms. A tab, carriage return or line feed at the beginning is skipped by some of them too.
 * @see https://owasp.org/www-community/attacks/CSV_Injection
 */
const FORMULA = /^(\s*[=+\-@＝＋－＠]|[\t\r\n])/;

/** Also the separators of other locales: a sheet that splits at them must not find the beginning of a cell in one. */
const NEEDS_QUOTES = /[",;\t\r\n|]|^\s|\s$/;

/**
 * One line, with its end.
 *
 * Text that a spreadsheet would take for a formula gets an apostrophe before it, the spreadsheets' own mark for text.
 *
 * @throws RangeError when a number is not finite, or a decimal is none
 */
export function csvLine(cells: readonly CsvCell[]): string {
  return cells.map(csvCell).join(',') + LINE_END;
}

function csvCell(cell: CsvCell): string {
  if (cell === undefined) return '';
  if (typeof cell === 'string') return quoted(FORMULA.test(cell) ? `'${cell}` : cell);
  const text = typeof cell === 'number' ? String(cell) : cell.decimal;
  if (!DECIMAL.test(text)) throw new RangeError(`not a decimal number: ${text.slice(0, 40)}`);
  return text;
}

function quoted(text: string): string {
  return NEEDS_QUOTES.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
