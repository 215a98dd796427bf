/**
 * Draws what the simulator delivers as "the image": a small landscape in colours that follow from the prompt, with the
 * prompt written over it, so that a person sees which picture belongs to which request.
 */
import { createHash } from 'node:crypto';
import { glyphRows } from './font';
import { PaletteImage, type Rgb } from './png';
import { layOut, LETTER_ADVANCE, LINE_ADVANCE, type TextLayout } from './text-layout';

export interface PictureOptions {
  readonly width: number;
  readonly height: number;
  readonly prompt: string;
  /** The line at the bottom. */
  readonly caption: string;
  /** From 1; the images of one task differ. */
  readonly number: number;
}

/** The palette: shades of the sky, the same again once per halo of the sun (each lighter), hills, and four more. */
const SHADES = 48;
const HALOS = 3;
const HILLS = 4;
const FIRST_HILL = SHADES * (HALOS + 1);
const TEXT = FIRST_HILL + HILLS;
const SHADOW = TEXT + 1;
const STRIP = TEXT + 2;
const FRAME = TEXT + 3;

export function drawPicture({ width, height, prompt, caption, number }: PictureOptions): Buffer {
  const seed = createHash('sha256').update(prompt).update(String(number)).digest();
  // The hue follows from the prompt alone: the images of one task belong together.
  const hue = createHash('sha256').update(prompt).digest().readUInt16BE() % 360;
  const image = new PaletteImage(width, height, paletteOf(hue));
  drawSky(image);
  drawSun(image, seed);
  drawHills(image, seed);

  const unit = Math.min(width, height) / 100;
  const inset = Math.round(2.5 * unit);
  const line = Math.max(2, Math.round(0.4 * unit));
  const inner = { left: inset, top: inset, width: width - 2 * inset, height: height - 2 * inset };
  const padding = Math.round(4 * unit);
  const captionText = layOut(caption, {
    width: inner.width - 2 * padding,
    height: inner.height / 4,
    smallestScale: 2,
    largestScale: Math.max(2, Math.floor(Math.min(inner.width / 500, 0.65 * unit))),
  });
  const stripHeight = captionText.lines.length * LINE_ADVANCE * captionText.scale + padding;
  const stripTop = inner.top + inner.height - stripHeight;
  image.fill(inner.left, stripTop, inner.width, stripHeight, STRIP);
  drawFrame(image, inner, line);

  const room = { left: inner.left + padding, width: inner.width - 2 * padding, top: inner.top + padding };
  const roomHeight = stripTop - room.top - padding;
  const promptText = layOut(prompt, {
    width: room.width,
    height: roomHeight,
    smallestScale: Math.max(2, Math.round(unit / 4)),
    // A short prompt is not blown up beyond eleven letters by four lines.
    largestScale: Math.floor(Math.min(room.width / (11 * LETTER_ADVANCE), roomHeight / (4 * LINE_ADVANCE))),
  });
  drawText(image, promptText, { ...room, height: roomHeight });
  drawText(image, captionText, { ...room, top: stripTop, height: stripHeight });
  return image.encode();
}

interface Area {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

function drawSky(image: PaletteImage): void {
  for (let y = 0; y < image.height; y++) image.row(y).fill(Math.floor((y * SHADES) / image.height));
}

/** Circles inside one another, each a step lighter than what is under it. */
function drawSun(image: PaletteImage, seed: Buffer): void {
  const size = Math.min(image.width, image.height);
  const x = Math.round(image.width * (0.15 + (0.7 * seed[0]) / 255));
  const y = Math.round(image.height * (0.2 + (0.3 * seed[1]) / 255));
  for (let halo = 0; halo < HALOS; halo++) {
    const radius = Math.round(size * (0.42 - 0.12 * halo));
    for (let row = Math.max(0, y - radius); row < Math.min(image.height, y + radius); row++) {
      const half = Math.floor(Math.sqrt(radius * radius - (row - y) * (row - y)));
      const pixels = image.row(row);
      const end = Math.min(image.width, x + half);
      for (let column = Math.max(0, x - half); column < end; column++) pixels[column] += SHADES;
    }
  }
}

/** From the back to the front, each darker and lower than the one before. */
function drawHills(image: PaletteImage, seed: Buffer): void {
  for (let hill = 0; hill < HILLS; hill++) {
    const [phase, waves] = [seed[2 + 2 * hill] / 40, 1.5 + seed[3 + 2 * hill] / 120];
    const base = image.height * (0.66 + 0.085 * hill);
    const rise = Math.min(image.height, 1.4 * image.width);
    const crest = Int32Array.from({ length: image.width }, (_, x) => {
      const turn = (x / image.width) * Math.PI * waves + phase;
      return Math.round(base + rise * (0.045 * Math.sin(turn) + 0.018 * Math.sin(2.7 * turn + phase)));
    });
    const lowest = crest.reduce((most, y) => Math.max(most, y), 0);
    const highest = crest.reduce((least, y) => Math.min(least, y), image.height);
    const color = FIRST_HILL + hill;
    for (let y = Math.max(0, highest); y < Math.min(lowest, image.height); y++) {
      const pixels = image.row(y);
      for (let x = 0; x < image.width; x++) if (crest[x] <= y) pixels[x] = color;
    }
    image.fill(0, lowest, image.width, image.height - lowest, color);
  }
}

function drawFrame(image: PaletteImage, { left, top, width, height }: Area, line: number): void {
  image.fill(left, top, width, line, FRAME);
  image.fill(left, top + height - line, width, line, FRAME);
  image.fill(left, top, line, height, FRAME);
  image.fill(left + width - line, top, line, height, FRAME);
}

/** Centred in its area, both ways, with a shadow that keeps it readable on any colour. */
function drawText(image: PaletteImage, { lines, scale }: TextLayout, area: Area): void {
  // The gap after the last line and the last letter is no part of the block.
  const height = (lines.length * LINE_ADVANCE - 3) * scale;
  const top = Math.round(area.top + (area.height - height) / 2);
  const offset = Math.max(1, Math.round(scale / 3));
  for (const [shift, color] of [
    [offset, SHADOW],
    [0, TEXT],
  ]) {
    for (const [index, line] of lines.entries()) {
      const left = Math.round(area.left + (area.width - (line.length * LETTER_ADVANCE - 1) * scale) / 2);
      const lineTop = top + index * LINE_ADVANCE * scale;
      for (const [column, character] of line.entries()) {
        drawGlyph(image, character, left + column * LETTER_ADVANCE * scale + shift, lineTop + shift, scale, color);
      }
    }
  }
}

function drawGlyph(image: PaletteImage, character: string, left: number, top: number, scale: number, color: number) {
  for (const [row, bits] of glyphRows(character).entries()) {
    for (let column = 0; column < 5; column++) {
      if (bits & (16 >> column)) image.fill(left + column * scale, top + row * scale, scale, scale, color);
    }
  }
}

function paletteOf(hue: number): Rgb[] {
  const colors: Rgb[] = [];
  for (let halo = 0; halo <= HALOS; halo++) {
    for (let shade = 0; shade < SHADES; shade++) {
      const part = shade / (SHADES - 1);
      colors.push(hsl(hue + 55 * part, 0.42 + 0.1 * part, 0.24 + 0.24 * part + 0.05 * halo));
    }
  }
  for (let hill = 0; hill < HILLS; hill++) colors.push(hsl(hue + 25 - 12 * hill, 0.4, 0.33 - 0.065 * hill));
  colors.push([255, 255, 255], hsl(hue, 0.5, 0.12), hsl(hue, 0.45, 0.1), hsl(hue + 40, 0.6, 0.86));
  return colors;
}

function hsl(hue: number, saturation: number, lightness: number): Rgb {
  const amplitude = saturation * Math.min(lightness, 1 - lightness);
  const channel = (offset: number): number => {
    const k = (offset + hue / 30) % 12;
    return Math.round(255 * (lightness - amplitude * Math.max(-1, Math.min(k - 3, 9 - k, 1))));
  };
  return [channel(0), channel(8), channel(4)];
}
