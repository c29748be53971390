/** What components read from the server: cached, shared, aborted when nobody looks any more. */

import { QueryClient, useQueries, useQuery, type UseQueryResult, notifyManager } from "@tanstack/react-query";

import { inBursts } from "./bursts";
import { ApiError } from "./errors";
import { forgetOldest } from "./idle";
import { loadImage, type Picture } from "./image";
import * as routes from "./routes";
import type { HeatMap, NpyArray } from "../heatmap";
import type {
  AttributionRequest,
  EditDraft,
  EditPredictions,
  Estimate,
  ExplorerDetail,
  Explorers,
  ResultInfo,
  Sample,
  SamplePage,
} from "./types";

const MINUTE = 60_000;

function askedToWait(error: unknown): number | null {
  return error instanceof ApiError ? error.retryAfter : null;
}

/** Seconds; a longer wait is the reader's to decide about. */
const LONGEST_WAIT = 5;

/** Refusals are answers; only what may pass soon is tried again. */
function shouldRetry(failures: number, error: unknown): boolean {
  if ((askedToWait(error) ?? 0) > LONGEST_WAIT) return false;
  const passing = error instanceof ApiError && (error.unreachable || error.status === 429 || error.status >= 500);
  return passing && failures < 2;
}

export function createQueryClient(): QueryClient {
  notifyManager.setScheduler(inBursts());
  const client = new QueryClient({
    defaultOptions: {
      queries: {
        retry: shouldRetry,
        retryDelay: (failures, error) => Math.max(300 * 2 ** failures, 1000 * (askedToWait(error) ?? 0)),
        refetchOnWindowFocus: false,
        networkMode: "always",
        staleTime: Infinity,
      },
    },
  });
  forgetOldest(client);
  return client;
}

export const keys = {
  explorers: ["explorers"] as const,
  explorer: (id: string) => ["explorer", id] as const,
  samples: (id: string) => ["samples", id] as const,
  own: (explorer: string, index: number) => ["samples", explorer, "own", index] as const,
  estimates: ["estimate"] as const,
};

export function useExplorers(): UseQueryResult<Explorers> {
  return useQuery({ queryKey: keys.explorers, queryFn: ({ signal }) => routes.listExplorers(signal) });
}

/** Asked again every second until its models are loaded, in case the events do not say so. */
export function useExplorer(id: string | null): UseQueryResult<ExplorerDetail> {
  return useQuery({
    queryKey: keys.explorer(id ?? ""),
    queryFn: async ({ signal, client, queryKey }) => {
      const found = await routes.getExplorer(id ?? "", signal);
      // While it is loaded anew, and if that fails, the maps that are here stay under what was known.
      const before = client.getQueryData<ExplorerDetail>(queryKey);
      return { ...found, description: found.description ?? before?.description ?? null };
    },
    enabled: id !== null,
    refetchInterval: ({ state }) => (state.data && isComing(state.data) ? 1000 : false),
  });
}

/** Asking keeps an explorer awake: one that rests is asked only while the page cannot be drawn without it. */
function isComing({ state, description }: ExplorerDetail): boolean {
  return state !== "ready" && (state !== "unloaded" || description === null);
}

export function useSamples(explorer: string, query: routes.SamplesQuery): UseQueryResult<SamplePage> {
  return useQuery({
    queryKey: [...keys.samples(explorer), query],
    queryFn: ({ signal }) => routes.getSamples(explorer, query, signal),
    // The page before stays while the next one comes, but not another explorer's.
    placeholderData: (before, query) => (query?.queryKey[1] === explorer ? before : undefined),
    gcTime: MINUTE,
    refetchInterval: ({ state }) => (state.data && isGrowing(state.data) ? 700 : false),
  });
}

/** More samples or predictions are on their way. */
export function isGrowing(page: SamplePage): boolean {
  return page.state === "scanning";
}

/** Samples of one's own, by index; read again while one of `models` has yet to predict. */
export function useOwnSamples(
  explorer: string,
  own: readonly number[],
  models: readonly string[],
): UseQueryResult<Sample>[] {
  return useQueries({
    queries: own.map((index) => ({
      queryKey: keys.own(explorer, index),
      queryFn: ({ signal }: { signal: AbortSignal }) => routes.getSample(explorer, index, signal),
      refetchInterval: ({ state: { data } }: { state: { data: Sample | undefined } }) =>
        data && models.some((model) => !(model in data.predictions || model in data.errors)) ? 700 : false,
    })),
  });
}

/** What is predicted for an edit that is still being drawn; the answer to the one before stays until it comes. */
export function useEditPredictions(
  explorer: string,
  sample: number,
  draft: EditDraft | null,
): UseQueryResult<EditPredictions> {
  return useQuery({
    queryKey: ["edit", explorer, sample, draft],
    queryFn: ({ signal }) =>
      draft ? routes.predictEdit(explorer, sample, draft, signal) : Promise.reject(new Error("There is no edit.")),
    enabled: draft !== null,
    placeholderData: (before) => before,
    gcTime: 0,
  });
}

export interface Estimated {
  readonly data: Estimate | undefined;
  readonly error: Error | null;
  readonly refetch: () => unknown;
}

/** At module level, so that equal answers stay the same list. */
const estimated = (results: readonly UseQueryResult<Estimate>[]): Estimated[] =>
  results.map(({ data, error, refetch }) => ({ data, error, refetch }));

/** What each request would cost, or why it would be refused. */
export function useEstimates(requests: readonly AttributionRequest[], enabled: boolean): readonly Estimated[] {
  return useQueries({
    combine: estimated,
    queries: requests.map((request) => ({
      queryKey: [...keys.estimates, request],
      queryFn: ({ signal }: { signal: AbortSignal }) => routes.checkJob(request, signal),
      enabled,
      staleTime: 5000,
      gcTime: 5000,
    })),
  });
}

export interface Result {
  readonly info: ResultInfo;
  /** By feature name. */
  readonly maps: Readonly<Record<string, HeatMap>>;
}

async function loadResult(key: string, signal: AbortSignal, likely: string | null): Promise<Result> {
  const ahead = likely === null ? null : routes.getMap(key, likely, signal);
  // Waited for below, or was no map of this result.
  ahead?.catch(() => undefined);
  const info = await routes.getResult(key, signal);
  const load = async (feature: string): Promise<HeatMap> =>
    feature === likely && ahead ? ahead : routes.getMap(key, feature, signal);
  const maps = await Promise.all(info.maps.map(async ({ feature }) => [feature, await load(feature)] as const));
  return { info, maps: Object.fromEntries(maps) };
}

/** `likely`: the one input that there is surely a map of; it is read together with what is said of the result. */
export const resultOptions = (key: string, likely: string | null = null) => ({
  queryKey: ["result", key],
  queryFn: ({ signal }: { signal: AbortSignal }) => loadResult(key, signal, likely),
  gcTime: 2 * MINUTE,
});

export function useResult(key: string | null): UseQueryResult<Result> {
  return useQuery({ ...resultOptions(key ?? ""), enabled: key !== null });
}

export function useResults(resultKeys: readonly string[]): UseQueryResult<Result>[] {
  return useQueries({ queries: resultKeys.map((key) => resultOptions(key)) });
}

/** The maps of the models with random weights, stage by stage: by feature name. */
export function useStageMaps(info: ResultInfo | undefined): UseQueryResult<Result["maps"][]> {
  const steps = info?.evaluation?.type === "randomisation" ? info.evaluation.steps : [];
  const load = async (signal: AbortSignal): Promise<Result["maps"][]> =>
    Promise.all(
      steps.map(async ({ maps }, n) =>
        Object.fromEntries(
          await Promise.all(
            maps.map(
              async ({ feature }) =>
                [feature, await routes.getMap(info?.key ?? "", `${n}@${feature}`, signal)] as const,
            ),
          ),
        ),
      ),
    );
  return useQuery({
    queryKey: ["stages", info?.key],
    queryFn: ({ signal }) => load(signal),
    enabled: steps.length > 0,
    gcTime: 5 * MINUTE,
  });
}

/** A layer's map with its channels apart; read again, since only their sum is kept. */
export function useChannels(key: string | null, feature: string): UseQueryResult<NpyArray> {
  return useQuery({
    queryKey: ["channels", key, feature],
    queryFn: ({ signal }) => routes.getChannels(key ?? "", feature, signal),
    enabled: key !== null,
    gcTime: MINUTE,
  });
}

/** One feature of a sample, as it was when `version` was loaded: what is kept of another version is not shown. */
export interface Subject {
  readonly explorer: string;
  readonly sample: number;
  readonly feature: string;
  readonly version: string;
}

export function useImage(subject: Subject): UseQueryResult<Picture> {
  const { explorer, sample, feature } = subject;
  return useQuery({
    queryKey: ["image", subject],
    queryFn: ({ signal }) => loadImage(routes.imageUrl(explorer, sample, feature), signal),
    gcTime: 2 * MINUTE,
  });
}

export function useEvidence(subject: Subject, enabled: boolean): UseQueryResult<NpyArray> {
  const { explorer, sample, feature } = subject;
  return useQuery({
    queryKey: ["evidence", subject],
    queryFn: ({ signal }) => routes.getEvidence(explorer, sample, feature, signal),
    enabled,
    gcTime: 2 * MINUTE,
  });
}

/** The class of each place of a model's output, where that is a map; `version` as in `Subject`. */
export function useClasses(
  explorer: string,
  sample: number,
  model: string,
  version: string,
  enabled: boolean,
): UseQueryResult<NpyArray> {
  return useQuery({
    queryKey: ["classes", explorer, sample, model, version],
    queryFn: ({ signal }) => routes.getClasses(explorer, sample, model, signal),
    enabled,
    gcTime: 2 * MINUTE,
  });
}
