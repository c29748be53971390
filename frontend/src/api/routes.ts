/** The server's routes as functions. All addresses are relative to the page, so a path prefix changes nothing. */

import createClient from "openapi-fetch";

import { heatMap, parseNpy, type HeatMap, type NpyArray } from "../heatmap";
import { ApiError, errorBody, fromResponse, isAbort } from "./errors";
import type { paths } from "./schema";
import type {
  AttributionRequest,
  Edit,
  EditDraft,
  EditPredictions,
  Estimate,
  ExplorerDetail,
  Explorers,
  ExplorerSummary,
  Job,
  PythonScript,
  ResultInfo,
  Sample,
  SamplePage,
} from "./types";

export const BASE_URL = new URL(".", document.baseURI).href;

const client = createClient<paths>({ baseUrl: BASE_URL.replace(/\/$/, "") });

/** A failed connection becomes an ApiError of status 0; an abort stays an abort. */
async function reach<T>(send: Promise<T>): Promise<T> {
  try {
    return await send;
  } catch (error) {
    if (isAbort(error) || error instanceof ApiError) throw error;
    throw new ApiError(0, errorBody("unreachable", ""));
  }
}

/** Milliseconds after which an estimate is not worth waiting for. */
const PARTIAL_PATIENCE = 10_000;

interface Answer<T> {
  data?: T | undefined;
  error?: unknown;
  response: Response;
}

async function answer<T>(send: Promise<Answer<T>>): Promise<T> {
  const { data, error, response } = await reach(send);
  if (!response.ok || data === undefined) throw fromResponse(response, error);
  return data;
}

export interface SamplesQuery {
  start: number;
  count: number;
  order: "dataset" | "mistakes" | "uncertain";
  model?: string;
  predicted?: number;
  label?: number;
  correct?: boolean;
  scan: number;
}

export const listExplorers = (signal: AbortSignal): Promise<Explorers> =>
  answer(client.GET("/api/explorers", { signal }));

export const getExplorer = (explorer: string, signal: AbortSignal): Promise<ExplorerDetail> =>
  answer(client.GET("/api/explorers/{explorer}", { params: { path: { explorer } }, signal }));

/** Loads again what could not be loaded, and reads on a dataset that has raised. */
export const restartExplorer = (explorer: string): Promise<ExplorerSummary> =>
  answer(client.POST("/api/explorers/{explorer}/restart", { params: { path: { explorer } } }));

/** Starts its workers anew with the file and the checkpoints as they are now. */
export const reloadExplorer = (explorer: string): Promise<ExplorerSummary> =>
  answer(client.POST("/api/explorers/{explorer}/reload", { params: { path: { explorer } } }));

export const getSamples = (explorer: string, query: SamplesQuery, signal: AbortSignal): Promise<SamplePage> =>
  answer(client.GET("/api/explorers/{explorer}/samples", { params: { path: { explorer }, query }, signal }));

export const getSample = (explorer: string, index: number, signal: AbortSignal): Promise<Sample> =>
  answer(client.GET("/api/explorers/{explorer}/samples/{index}", { params: { path: { explorer, index } }, signal }));

/** Forgets a sample of one's own; one that is gone already is as good. */
export async function removeSample(explorer: string, index: number): Promise<void> {
  const send = client.DELETE("/api/explorers/{explorer}/samples/{index}", { params: { path: { explorer, index } } });
  const { error, response } = await reach(send);
  if (!response.ok && response.status !== 404) throw fromResponse(response, error);
}

/** The sample with one input changed, as a sample of one's own. */
export const editSample = (explorer: string, index: number, body: Edit): Promise<Sample> =>
  answer(
    client.POST("/api/explorers/{explorer}/samples/{index}/edits", { params: { path: { explorer, index } }, body }),
  );

/** What would be predicted for the edited sample. */
export const predictEdit = (
  explorer: string,
  index: number,
  body: EditDraft,
  signal: AbortSignal,
): Promise<EditPredictions> =>
  answer(
    client.POST("/api/explorers/{explorer}/samples/{index}/edits/predictions", {
      params: { path: { explorer, index } },
      body,
      signal,
    }),
  );

export const uploadsUrl = (explorer: string): string => join("api", "explorers", explorer, "samples");

export const checkJob = (request: AttributionRequest, signal: AbortSignal): Promise<Estimate> =>
  answer(client.POST("/api/jobs/check", { body: request, signal }));

export const startJob = (request: AttributionRequest): Promise<Job> =>
  answer(client.POST("/api/jobs", { body: request }));

export const getJob = (job: string): Promise<Job> =>
  answer(client.GET("/api/jobs/{job}", { params: { path: { job } } }));

export const cancelJob = (job: string): Promise<Job> =>
  answer(client.DELETE("/api/jobs/{job}", { params: { path: { job } } }));

export const getResult = (key: string, signal: AbortSignal): Promise<ResultInfo> =>
  answer(client.GET("/api/results/{key}", { params: { path: { key } }, signal }));

/** A map as code, for the model and sample as they are called now. */
export const getScript = (
  key: string,
  explorer: string,
  model: string,
  sample: number,
  signal: AbortSignal,
): Promise<PythonScript> =>
  answer(
    client.GET("/api/results/{key}/script", { params: { path: { key }, query: { explorer, model, sample } }, signal }),
  );

const join = (...parts: (string | number)[]): string => BASE_URL + parts.map((p) => encodeURIComponent(p)).join("/");

export const imageUrl = (explorer: string, index: number, feature: string): string =>
  join("api", "explorers", explorer, "samples", index, feature, "image.png");

/** `version` is the explorer's fingerprint: browsers show again what they have of an address until it changes. */
export const baselineUrl = (
  explorer: string,
  index: number,
  feature: string,
  baseline: string,
  version: string,
): string =>
  `${join("api", "explorers", explorer, "samples", index, feature, "baseline", `${baseline}.png`)}?v=${encodeURIComponent(version)}`;

export const eventsUrl = (): string => join("api", "events");

export async function getMap(key: string, feature: string, signal: AbortSignal): Promise<HeatMap> {
  return heatMap(await getChannels(key, feature, signal));
}

/** The map's file as the server keeps it. */
export async function getMapFile(key: string, feature: string, signal: AbortSignal): Promise<Uint8Array<ArrayBuffer>> {
  const response = await fetchBytes(join("api", "results", key, `${feature}.npy`), signal);
  return new Uint8Array(await reach(response.arrayBuffer()));
}

export async function getImageFile(
  explorer: string,
  index: number,
  feature: string,
  signal: AbortSignal,
): Promise<Uint8Array<ArrayBuffer>> {
  const response = await fetchBytes(imageUrl(explorer, index, feature), signal);
  return new Uint8Array(await reach(response.arrayBuffer()));
}

/** (C, H, W) */
export const getChannels = (key: string, feature: string, signal: AbortSignal): Promise<NpyArray> =>
  fetchNpy(join("api", "results", key, `${feature}.npy`), signal);

/** The newest estimate of a map under way. */
export async function getPartial(job: string, key: string, feature: string): Promise<HeatMap> {
  const signal = AbortSignal.timeout(PARTIAL_PATIENCE);
  return heatMap(await fetchNpy(join("api", "jobs", job, "partials", key, `${feature}.npy`), signal));
}

export function getEvidence(explorer: string, index: number, feature: string, signal: AbortSignal): Promise<NpyArray> {
  return fetchNpy(join("api", "explorers", explorer, "samples", index, feature, "evidence.npy"), signal);
}

/** The class that each place of the model's output, a map, is read as: (H, W). */
export function getClasses(explorer: string, index: number, model: string, signal: AbortSignal): Promise<NpyArray> {
  const address = join("api", "explorers", explorer, "samples", index, "classes.npy");
  return fetchNpy(`${address}?model=${encodeURIComponent(model)}`, signal);
}

export async function fetchBytes(url: string, signal: AbortSignal): Promise<Response> {
  const response = await reach(fetch(url, { signal }));
  if (!response.ok) throw fromResponse(response, await response.json().catch(() => null));
  return response;
}

async function fetchNpy(url: string, signal: AbortSignal): Promise<NpyArray> {
  const response = await fetchBytes(url, signal);
  return parseNpy(await reach(response.arrayBuffer()));
}
