/** Forms of task ids. The vendor's client accepts 1 to 128 characters of `A-Za-z0-9._:-`, and different ones were seen. */
import { randomInt, randomUUID } from 'node:crypto';

/**
 * `unified`: `task-unified-<unix s>-<8 characters>`, as on EvoLink's pages. `direct`: `task-direct-<number>`, from 0.
 * `short`: one character, as long as there are free ones, then two and so on. `long`: 128 characters. `punctuated`: with
 * a dot, colons, an underscore and a hyphen.
 */
export type TaskIdForm = 'unified' | 'uuid' | 'direct' | 'short' | 'long' | 'punctuated';

export const TASK_ID_FORMS: readonly TaskIdForm[] = ['unified', 'uuid', 'direct', 'short', 'long', 'punctuated'];

export const TASK_ID_PREFIX = 'task-unified-';

export const TASK_ID = /^[A-Za-z0-9._:-]{1,128}$/;

const LOWER = '0123456789abcdefghijklmnopqrstuvwxyz';
const ALL = `${LOWER}ABCDEFGHIJKLMNOPQRSTUVWXYZ`;

const LONGEST = 128;

/** An id that is not taken yet. */
export function newTaskId(form: TaskIdForm, createdAt: number, isTaken: (id: string) => boolean): string {
  for (let round = 0; ; round++) {
    const id = candidate(form, Math.floor(createdAt / 1000), round);
    if (!isTaken(id)) return id;
  }
}

function candidate(form: TaskIdForm, seconds: number, round: number): string {
  switch (form) {
    case 'unified':
      return `${TASK_ID_PREFIX}${seconds}-${random(8)}`;
    case 'uuid':
      return randomUUID();
    case 'direct':
      return `task-direct-${round}`;
    case 'short':
      return digits(round);
    case 'long':
      return `task-unified-${random(LONGEST - TASK_ID_PREFIX.length)}`;
    case 'punctuated':
      return `img.v2:${seconds}:${random(4)}_${random(4)}-x`;
  }
}

function random(length: number): string {
  return Array.from({ length }, () => LOWER[randomInt(LOWER.length)]).join('');
}

/** 0 → `0`, 61 → `Z`, 62 → `00`, 63 → `01`: every text of the letters, the short ones first. */
function digits(number: number): string {
  const last = ALL[number % ALL.length];
  return number < ALL.length ? last : digits(Math.floor(number / ALL.length) - 1) + last;
}
