/** An error reply of EvoLink's, thrown where a request is refused. */
import { rowOfCode, rowOfStatus, type ErrorRow } from './error-catalogue';

/** Further fields of `error`: `param`, `min`, `max`, `allowed_values`, `request_id`, `action_url` and the like. */
export type ErrorFields = Readonly<Record<string, unknown>>;

/** What is said otherwise than by the catalogue. */
interface Wording {
  readonly status?: number;
  readonly message?: string;
  readonly param?: string;
  readonly fields?: ErrorFields;
  readonly headers?: Readonly<Record<string, string>>;
}

export class ApiError extends Error {
  override readonly name = 'ApiError';

  constructor(
    readonly facts: ErrorRow & { readonly param?: string; readonly fields?: ErrorFields },
    readonly headers: Readonly<Record<string, string>> = {},
  ) {
    super(facts.message);
  }

  /** The documented error of this code, on the submission route or on one that only reads. */
  static of(code: string | number, { headers, ...more }: Wording = {}, route: 'submit' | 'query' = 'submit'): ApiError {
    const row = rowOfCode(code, route);
    if (row === undefined) throw new TypeError(`The error catalogue has no code '${code}'.`);
    return new ApiError({ ...row, ...defined(more) }, headers);
  }

  /** A reply that a rule asks for; what it leaves out is what EvoLink documents for the code, else for the status. */
  static scripted(
    asked: { readonly status: number; readonly code?: string | number; readonly message?: string },
    fields?: ErrorFields,
    route: 'submit' | 'query' = 'submit',
  ): ApiError {
    const ofStatus = rowOfStatus(asked.status, route);
    const row = asked.code === undefined ? ofStatus : (rowOfCode(asked.code, route) ?? ofStatus);
    return new ApiError({
      status: asked.status,
      code: asked.code ?? ofStatus?.code ?? asked.status,
      type: row?.type ?? 'api_error',
      message: asked.message ?? row?.message ?? `Scripted reply with status ${asked.status}`,
      fields,
    });
  }

  get body(): { readonly error: Record<string, unknown> } {
    const { code, message, type, param, fields } = this.facts;
    return { error: { code, message, type, ...(param === undefined ? {} : { param }), ...fields } };
  }
}

function defined<T extends object>(value: T): T {
  return Object.fromEntries(Object.entries(value).filter(([, one]) => one !== undefined)) as T;
}
