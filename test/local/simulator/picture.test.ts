import { drawPicture } from '../../../local/simulator/picture';
import { glyphRows } from '../../../local/simulator/font';
import { layOut } from '../../../local/simulator/text-layout';

describe('the font', () => {
  const printable = Array.from({ length: 94 }, (_, index) => String.fromCharCode(33 + index));

  it('draws every printable ASCII character, each in its own way', () => {
    for (const character of printable) {
      const rows = glyphRows(character);
      expect(rows).toHaveLength(8);
      expect(rows.every((row) => row >= 0 && row < 32)).toBe(true);
    }
    const shapes = printable.map((character) => glyphRows(character).join());
    expect(new Set([...shapes, glyphRows('世').join()]).size).toBe(95);
  });

  it('draws one box for everything else', () => {
    expect(glyphRows('世')).toEqual(glyphRows('😀'));
    expect(glyphRows('constructor')).toEqual(glyphRows('世'));
  });
});

describe('the layout', () => {
  const box = { width: 600, height: 330, smallestScale: 1, largestScale: 10 };
  const text = (lines: readonly string[][]) => lines.map((line) => line.join(''));

  it('uses the largest letters with which all words fit', () => {
    const { scale, lines } = layOut('a red bicycle\n on a long  pier', box);
    expect(scale).toBe(9);
    expect(text(lines)).toEqual(['a red', 'bicycle on', 'a long pier']);
  });

  it('keeps every line within the box', () => {
    const { scale, lines } = layOut('word '.repeat(200), box);
    expect(lines.length * 11 * scale).toBeLessThanOrEqual(box.height);
    for (const line of lines) expect(line.length * 6 * scale).toBeLessThanOrEqual(box.width);
  });

  it('cuts what does not fit at all, and says so', () => {
    const { scale, lines } = layOut('word '.repeat(6000), box);
    expect(scale).toBe(1);
    expect(lines).toHaveLength(30);
    expect(text(lines)[29]).toMatch(/\.\.\.$/);
  });

  it('breaks scripts without spaces anywhere', () => {
    const { lines } = layOut('世'.repeat(40), box);
    expect(text(lines).join('')).toBe('世'.repeat(40));
    expect(lines.length).toBeGreaterThan(1);
  });

  it('splits a word that no letter size can keep whole', () => {
    const { lines } = layOut('x'.repeat(150), box);
    expect(text(lines).join('')).toBe('x'.repeat(150));
  });
});

describe('a picture', () => {
  const options = { width: 1360, height: 768, prompt: 'a pier', caption: 'caption', number: 1 };

  it('depends on its prompt, its caption and its number', () => {
    const pictures = [
      drawPicture(options),
      drawPicture({ ...options, prompt: 'a peer' }),
      drawPicture({ ...options, caption: 'another' }),
      drawPicture({ ...options, number: 2 }),
    ];
    expect(new Set(pictures.map((bytes) => bytes.toString('base64'))).size).toBe(4);
  });

  it.each([
    [1408, 480],
    [592, 1776],
    [3840, 2160],
  ])('of %i x %i takes any prompt', (width, height) => {
    for (const prompt of ['x', '😀'.repeat(32_000), ' '.repeat(10) + 'a\tb', '\ud800']) {
      expect(
        drawPicture({ ...options, width, height, prompt })
          .subarray(1, 4)
          .toString(),
      ).toBe('PNG');
    }
  });
});
