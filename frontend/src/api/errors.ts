/** What can go wrong between the page and the server, in one shape. */

import type { ErrorBody } from "./types";

export class ApiError extends Error {
  override readonly name = "ApiError";

  constructor(
    /** HTTP status; 0 where no answer came. */
    readonly status: number,
    readonly body: ErrorBody,
    /** Seconds the server asks us to wait. */
    readonly retryAfter: number | null = null,
  ) {
    super(body.message);
  }

  get unreachable(): boolean {
    return this.status === 0;
  }
}

export function errorBody(code: string, message: string): ErrorBody {
  return { code, message, params: {}, field: null, detail: null, job: null };
}

function isErrorBody(value: unknown): value is ErrorBody {
  return typeof value === "object" && value !== null && "code" in value && "message" in value;
}

/** From a response that is not ok and its parsed body, whatever that is. */
export function fromResponse(response: Response, body: unknown): ApiError {
  const header = Number(response.headers.get("Retry-After"));
  const retryAfter = header > 0 ? header : null;
  return isErrorBody(body)
    ? new ApiError(response.status, { ...errorBody("", ""), ...body }, retryAfter)
    : new ApiError(response.status, errorBody(`http_${response.status}`, ""), retryAfter);
}

/** Anything thrown, as the body of an error that can be shown. Aborts are not errors: check for them first. */
export function toErrorBody(error: unknown): ErrorBody {
  if (error instanceof ApiError) return error.body;
  return errorBody("page", error instanceof Error ? error.message : String(error));
}

export function isAbort(error: unknown): boolean {
  return error instanceof DOMException && error.name === "AbortError";
}
