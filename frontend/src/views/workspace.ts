/**
 * One explorer as the page works on it: what is asked, what it would cost, what is under way.
 *
 * Each part has a context of its own, since they change at very different rates: a running job changes `Progress` many
 * times a second, and whatever follows it is drawn again as often.
 */

import { createContext, useContext, useEffect, useMemo, useState, type Context } from "react";

import { ApiError } from "../api/errors";
import { useEstimates, useOwnSamples, useSamples, type Estimated } from "../api/queries";
import type { SamplesQuery } from "../api/routes";
import type { Description, ErrorBody, ExplorerDetail, ModelDescription, Sample, SamplePage } from "../api/types";
import { activity, createCells, type Activity, type Cell } from "../state/launches";
import { arrange, inParts } from "../state/own";
import { isFiltered, type Browse } from "../state/page";
import { useAsk, useBrowse, useFetching, useView } from "../state/services";
import { buildRequests, resolveColumns, resolveCounts, type ColumnRequest, type Settings } from "../state/settings";
import { inView } from "../state/view";

/** What changes only when the reader changes a setting. */
export interface Subject {
  readonly explorer: ExplorerDetail;
  readonly description: Description;
  readonly columns: readonly Settings[];
  /** Of the column that the controls are about. */
  readonly settings: Settings;
  /** Each of the columns' models once. */
  readonly models: readonly ModelDescription[];
  readonly count: number;
  readonly k: number;
}

/** What changes when the reader browses or the server has read more of the dataset. */
export interface Shown {
  readonly samples: SamplesState;
  /** What Fetch would ask for. */
  readonly requests: readonly ColumnRequest[];
}

/** What changes with every event of a job. */
export interface Progress {
  readonly cells: ReadonlyMap<string, Cell>;
  readonly activity: Activity;
}

export interface Workspace extends Subject, Shown, Progress {
  readonly forecast: Forecast;
}

export interface SamplesState {
  readonly page: SamplePage | undefined;
  /** What is on screen: all of the page and one's own among it, or the one that is looked at. */
  readonly items: readonly Sample[];
  /** Indices of one's own that the server does not have, or not for this session. */
  readonly gone: readonly number[];
  readonly error: unknown;
  /** The page shown belongs to the question before. */
  readonly outdated: boolean;
  readonly retry: () => void;
}

/** What fetching every column would do. */
export interface Forecast {
  readonly etaSeconds: number | null;
  readonly stored: number;
  readonly total: number;
  /** Columns all of whose maps are stored. */
  readonly storedColumns: ReadonlySet<number>;
  /** Refusals by field, such as `arguments.n_steps`, of the column that the controls are about. */
  readonly errors: Readonly<Record<string, ErrorBody>>;
  /** The first refusal of each of the other columns that is the form's to mend. */
  readonly elsewhere: ReadonlyMap<number, ErrorBody>;
  /** A refusal that belongs to no field of the form. */
  readonly error: ErrorBody | null;
  /** Whether this is about the present settings; it lags a moment behind them. */
  readonly current: boolean;
  /** Whether the server has said what it can. */
  readonly known: boolean;
  readonly retry: () => void;
}

/** Whether the server would refuse what the form says. */
export const isRefused = ({ errors, elsewhere }: Forecast): boolean => Object.keys(errors).length + elsewhere.size > 0;

export const SubjectContext = createContext<Subject | null>(null);
export const ShownContext = createContext<Shown | null>(null);
export const ForecastContext = createContext<Forecast | null>(null);
export const ProgressContext = createContext<Progress | null>(null);
export const LatestContext = createContext<(() => Workspace) | null>(null);

function useWithin<T>(context: Context<T | null>): T {
  const value = useContext(context);
  if (value === null) throw new Error("Part of the workspace is used outside of an explorer.");
  return value;
}

export const useSubject = (): Subject => useWithin(SubjectContext);
export const useShown = (): Shown => useWithin(ShownContext);
export const useForecast = (): Forecast => useWithin(ForecastContext);
export const useProgress = (): Progress => useWithin(ProgressContext);

/** For what a click or a key does: reads everything as it then is, and follows nothing. */
export const useLatest = (): (() => Workspace) => useWithin(LatestContext);

/** Follows everything. */
export function useWorkspace(): Workspace {
  return { ...useSubject(), ...useShown(), ...useProgress(), forecast: useForecast() };
}

/** What a sample's picture depends on besides its address: what was loaded, and the input itself. */
export function versionOf({ fingerprint }: Description, { sha256 }: Sample): string {
  return `${fingerprint} ${sha256}`;
}

const NO_SAMPLES: readonly Sample[] = [];
const ESTIMATE_DELAY = 250;

/** Null where the explorer offers no method. */
export function useNewSubject(explorer: ExplorerDetail, description: Description): Subject | null {
  const ask = useAsk();
  const browse = useBrowse();
  return useMemo(() => {
    const columns = resolveColumns(ask, explorer.id, description);
    const settings = columns.find(({ id }) => id === ask.selected) ?? columns[0];
    const { count, k } = resolveCounts(browse, description);
    const { limits } = explorer;
    return settings
      ? {
          ...{ explorer, description, columns, settings },
          models: [...new Set(columns.map(({ model }) => model))],
          count: Math.min(count, limits.samples),
          k: Math.min(k, limits.k),
        }
      : null;
  }, [ask, browse, explorer, description]);
}

export function useNewShown(subject: Subject): Shown {
  const browse = useBrowse();
  const { columns, models, count } = subject;
  const { id } = subject.explorer;

  const {
    data: page,
    error,
    refetch,
    isPlaceholderData: outdated,
  } = useSamples(id, samplesQuery(browse, count, models[0]?.name));
  const found = page?.items ?? NO_SAMPLES;
  const { own, gone } = useOwn(subject, browse.own);
  const view = useView();
  const { start } = browse;
  const items = useMemo(
    // A place is one of the page's; one's own stand before it.
    () => inView(view.kind !== "grid" && view.sample === null ? found : arrange(found, own), view, { start, outdated }),
    [found, own, view, start, outdated],
  );
  const requests = useMemo(
    () =>
      inParts(
        buildRequests(
          columns,
          items.map(({ index }) => index),
        ),
        subject.explorer.limits.samples,
      ),
    [columns, items, subject],
  );
  return useMemo(
    () => ({ samples: { page, items, gone, error, outdated, retry: () => void refetch() }, requests }),
    [page, items, gone, error, outdated, refetch, requests],
  );
}

export function useNewProgress(explorer: string): Progress {
  const { launches, jobs } = useFetching();
  const [cells] = useState(createCells);
  return useMemo(
    () => ({ cells: cells(launches, jobs, explorer), activity: activity(launches, jobs, explorer) }),
    [cells, launches, jobs, explorer],
  );
}

function useOwn({ explorer, description }: Subject, indices: readonly number[]): { own: Sample[]; gone: number[] } {
  const models = description.models.map(({ name }) => name);
  const queries = useOwnSamples(explorer.id, indices, models);
  const own = queries.flatMap(({ data }) => data ?? []);
  const lost = (error: unknown): boolean => error instanceof ApiError && error.status === 404;
  const gone = indices.filter((_, i) => lost(queries[i]?.error));
  const kept = own.filter(({ index }) => !gone.includes(index));
  // New objects each time; what they hold is in the fingerprint.
  const fingerprint = JSON.stringify([kept, gone]);
  // eslint-disable-next-line react-hooks/exhaustive-deps
  return useMemo(() => ({ own: kept, gone }), [fingerprint]);
}

function samplesQuery(browse: Browse, count: number, firstModel: string | undefined): SamplesQuery {
  const { start, order, predicted, label, correct, scan } = browse;
  const model = browse.by ?? firstModel;
  return {
    start,
    count,
    order,
    scan,
    ...(model !== undefined && (order !== "dataset" || isFiltered(browse)) && { model }),
    ...(predicted !== null && { predicted }),
    ...(label !== null && { label }),
    ...(correct !== null && { correct }),
  };
}

/** The fields that the form shows errors at. */
const FORM_FIELD = /^(arguments\.|smoothing\.|layer$|target$|baseline$)/;

export function useNewForecast(requests: readonly ColumnRequest[], selected: number): Forecast {
  const settled = useDebounced(requests, ESTIMATE_DELAY);
  const estimates = useEstimates(
    settled.map(({ request }) => request),
    settled.length > 0,
  );
  const told = useMemo(() => forecastOf(settled, estimates, selected), [settled, estimates, selected]);
  const current = useMemo(() => JSON.stringify(settled) === JSON.stringify(requests), [settled, requests]);
  return useMemo(
    () => ({ ...told, current, retry: () => estimates.forEach(({ refetch }) => void refetch()) }),
    [told, current, estimates],
  );
}

function forecastOf(
  settled: readonly ColumnRequest[],
  answers: readonly Estimated[],
  selected: number,
): Omit<Forecast, "current" | "retry"> {
  // What the server is too busy or too restricted to estimate is said as well; unreachable is said elsewhere.
  const refusals = answers.flatMap(({ error }, i) =>
    error instanceof ApiError && [413, 422, 429, 503].includes(error.status)
      ? [{ column: settled[i]?.column, body: error.body }]
      : [],
  );
  const etas = answers.map(({ data }) => data?.eta_seconds ?? null);
  const known = etas.filter((eta) => eta !== null);
  const isField = ({ field }: ErrorBody): boolean => field !== null && field !== undefined && FORM_FIELD.test(field);
  const fields = refusals.filter(({ body }) => isField(body));
  const isStored = (id: number): boolean =>
    settled.every(({ column, request }, i) => column !== id || answers[i]?.data?.stored === request.samples.length);
  return {
    etaSeconds: known.length > 0 && known.length === etas.length ? known.reduce((a, b) => a + b, 0) : null,
    stored: answers.reduce((sum, { data }) => sum + (data?.stored ?? 0), 0),
    total: settled.reduce((sum, { request }) => sum + request.samples.length, 0),
    storedColumns: new Set(settled.map(({ column }) => column).filter(isStored)),
    errors: Object.fromEntries(
      fields.flatMap(({ column, body }) => (column === selected ? [[body.field ?? "", body]] : [])),
    ),
    elsewhere: new Map(
      fields.flatMap(({ column, body }) => (column === undefined || column === selected ? [] : [[column, body]])),
    ),
    error: refusals.find(({ body }) => !isField(body))?.body ?? null,
    known: answers.every(({ data, error }) => data !== undefined || error !== null),
  };
}

/** The value once it has stayed the same for a while. Equal content counts as the same. */
function useDebounced<T>(value: T, delay: number): T {
  const [settled, setSettled] = useState(value);
  const text = JSON.stringify(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(JSON.parse(text) as T), delay);
    return () => clearTimeout(timer);
  }, [text, delay]);
  return settled;
}
