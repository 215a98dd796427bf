/** Breaks a text into lines and finds the largest letters with which it fits a box. */
import { GLYPH_HEIGHT, GLYPH_WIDTH } from './font';

export interface TextBox {
  readonly width: number;
  readonly height: number;
  readonly smallestScale: number;
  readonly largestScale: number;
}

export interface TextLayout {
  /** Pixels of the picture per pixel of the font. */
  readonly scale: number;
  readonly lines: readonly string[][];
}

/** One column between letters, three rows between lines. */
export const LETTER_ADVANCE = GLYPH_WIDTH + 1;
export const LINE_ADVANCE = GLYPH_HEIGHT + 3;

/** What does not fit even in the smallest letters is cut and ends with dots. */
export function layOut(text: string, box: TextBox): TextLayout {
  // Only what can be shown at all is looked at: a prompt may have 32 000 characters.
  const most = columnsOf(box, box.smallestScale) * rowsOf(box, box.smallestScale);
  const characters = [
    ...text
      .replace(/\s+/g, ' ')
      .trim()
      .slice(0, 2 * most + 2),
  ];
  for (let scale = box.largestScale; scale > box.smallestScale; scale--) {
    const lines = wrap(characters, columnsOf(box, scale), false);
    if (lines !== undefined && lines.length <= rowsOf(box, scale)) return { scale, lines };
  }
  const rows = rowsOf(box, box.smallestScale);
  const lines = wrap(characters, columnsOf(box, box.smallestScale), true) ?? [];
  if (lines.length > rows) lines[rows - 1].splice(-3, 3, '.', '.', '.');
  return { scale: box.smallestScale, lines: lines.slice(0, rows) };
}

function columnsOf(box: TextBox, scale: number): number {
  return Math.max(1, Math.floor(box.width / (LETTER_ADVANCE * scale)));
}

function rowsOf(box: TextBox, scale: number): number {
  return Math.max(1, Math.floor(box.height / (LINE_ADVANCE * scale)));
}

/** Lines of whole words. A word longer than a line is split if it may be, else there is no such layout. */
function wrap(characters: readonly string[], columns: number, split: boolean): string[][] | undefined {
  const lines: string[][] = [[]];
  for (const word of wordsOf(characters)) {
    let rest = word;
    // Scripts without spaces come as one endless word; splitting it is no worse than their usual line breaks.
    if (rest.length > columns && !split && rest.every(isAscii)) return undefined;
    const line = lines[lines.length - 1];
    const gap = line.length === 0 ? 0 : 1;
    if (line.length + gap + rest.length <= columns) {
      line.push(...(gap === 1 ? [' '] : []), ...rest);
      continue;
    }
    if (line.length > 0) lines.push([]);
    for (; rest.length > columns; rest = rest.slice(columns)) {
      lines[lines.length - 1] = rest.slice(0, columns);
      lines.push([]);
    }
    lines[lines.length - 1].push(...rest);
  }
  return lines;
}

function wordsOf(characters: readonly string[]): string[][] {
  const words: string[][] = [[]];
  for (const character of characters) {
    if (character === ' ') words.push([]);
    else words[words.length - 1].push(character);
  }
  return words;
}

function isAscii(character: string): boolean {
  return character.charCodeAt(0) < 128;
}
