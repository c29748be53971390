/** Sends an image file. Not by fetch, which tells nothing of how much has been sent. */

import { ApiError, errorBody, fromResponse } from "./errors";
import { uploadsUrl } from "./routes";
import type { Sample } from "./types";

export function uploadImage(
  explorer: string,
  file: File,
  onProgress: (share: number) => void,
  signal: AbortSignal,
): Promise<Sample> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    const abort = (): void => request.abort();
    const unreachable = (): void => reject(new ApiError(0, errorBody("unreachable", "")));
    request.upload.onprogress = ({ loaded, total }) => onProgress(total > 0 ? loaded / total : 0);
    request.onerror = unreachable;
    request.onabort = () => reject(new DOMException("Stopped.", "AbortError"));
    request.onloadend = () => signal.removeEventListener("abort", abort);
    request.onload = () => {
      const body = parse(request.responseText);
      if (request.status === 201) resolve(body as Sample);
      else {
        const headers = { "Retry-After": request.getResponseHeader("Retry-After") ?? "" };
        reject(fromResponse(new Response(null, { status: request.status, headers }), body));
      }
    };
    signal.addEventListener("abort", abort);
    request.open("POST", uploadsUrl(explorer));
    const form = new FormData();
    form.append("file", file, file.name);
    request.send(form);
  });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
