export function green(text: string): string;
export function red(text: string): string;
export function bold(text: string): string;
export function dim(text: string): string;
export class UserError extends Error {}
export function seconds(since: number): string;
export function step<T>(name: string, action: () => Promise<T>): Promise<T>;
