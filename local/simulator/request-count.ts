/** What clients asked for, counted by method, route and status. */
import { ApiError } from './api-error';
import type { Reply } from './http';

export class RequestCount {
  private readonly counts = new Map<string, number>();

  all(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.counts);
  }

  clear(): void {
    this.counts.clear();
  }

  /** Counts the request when it is answered, also with a refusal. */
  async of(method: string, pathname: string, answer: () => Reply | Promise<Reply>): Promise<Reply> {
    try {
      const reply = await answer();
      this.add(method, pathname, reply.drop === true ? 'dropped' : reply.status);
      return reply;
    } catch (error) {
      if (error instanceof ApiError) this.add(method, pathname, error.facts.status);
      throw error;
    }
  }

  private add(method: string, pathname: string, status: number | 'dropped'): void {
    const name = `${method} ${routeOf(pathname)} ${status}`;
    this.counts.set(name, (this.counts.get(name) ?? 0) + 1);
  }
}

/** Ids are left out, so that the list stays short. */
function routeOf(pathname: string): string {
  if (pathname.startsWith('/files/')) return '/files/{file}';
  if (pathname.startsWith('/v1/tasks/') && pathname !== '/v1/tasks/batch') return '/v1/tasks/{id}';
  return pathname.replace(/^\/v1\/catalog\/models\/[^/]+\//, '/v1/catalog/models/{model}/');
}
