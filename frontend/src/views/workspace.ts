/** One explorer as the page works on it: what is asked, what it would cost, what is under way. */

import { createContext, useContext, useEffect, useMemo, useState } from "react";

import { ApiError } from "../api/errors";
import { useEstimates, useOwnSamples, useSamples } from "../api/queries";
import type { SamplesQuery } from "../api/routes";
import type { Description, ErrorBody, ExplorerDetail, ModelDescription, Sample, SamplePage } from "../api/types";
import { activity, cells, type Activity, type Cell } from "../state/launches";
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

export interface Workspace extends Subject {
  readonly samples: SamplesState;
  readonly requests: readonly ColumnRequest[];
  readonly forecast: Forecast;
  readonly cells: ReadonlyMap<string, Cell>;
  readonly activity: Activity;
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

const SubjectContext = createContext<Subject | null>(null);
const WorkspaceContext = createContext<Workspace | null>(null);
export const SubjectProvider = SubjectContext.Provider;
export const WorkspaceProvider = WorkspaceContext.Provider;

/** For components that progress must not redraw. */
export function useSubject(): Subject {
  const subject = useContext(SubjectContext);
  if (!subject) throw new Error("useSubject is used outside of an explorer.");
  return subject;
}

export function useWorkspace(): Workspace {
  const workspace = useContext(WorkspaceContext);
  if (!workspace) throw new Error("useWorkspace is used outside of an explorer.");
  return workspace;
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

export function useNewWorkspace(subject: Subject): Workspace {
  const browse = useBrowse();
  const { launches, jobs } = useFetching();
  const { columns, settings, models, count } = subject;
  const { id } = subject.explorer;

  const query = useSamples(id, samplesQuery(browse, count, models[0]?.name));
  const page = query.data;
  const found = page?.items ?? NO_SAMPLES;
  const { own, gone } = useOwn(subject, browse.own);
  const view = useView();
  const { start } = browse;
  const { isPlaceholderData: outdated } = query;
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
  return {
    ...subject,
    samples: {
      page,
      items,
      gone,
      error: query.error,
      outdated,
      retry: () => void query.refetch(),
    },
    requests,
    forecast: useForecast(requests, settings.id),
    cells: useMemo(() => cells(launches, jobs, id), [launches, jobs, id]),
    activity: useMemo(() => activity(launches, jobs, id), [launches, jobs, id]),
  };
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

function useForecast(requests: readonly ColumnRequest[], selected: number): Forecast {
  const settled = useDebounced(requests, ESTIMATE_DELAY);
  const estimates = useEstimates(
    settled.map(({ request }) => request),
    settled.length > 0,
  );
  // What the server is too busy or too restricted to estimate is said as well; unreachable is said elsewhere.
  const refusals = estimates.flatMap(({ error }, i) =>
    error instanceof ApiError && [413, 422, 429, 503].includes(error.status)
      ? [{ column: settled[i]?.column, body: error.body }]
      : [],
  );
  const etas = estimates.map(({ data }) => data?.eta_seconds ?? null);
  const known = etas.filter((eta) => eta !== null);
  const isField = ({ field }: ErrorBody): boolean => field !== null && field !== undefined && FORM_FIELD.test(field);
  const fields = refusals.filter(({ body }) => isField(body));
  const isStored = (id: number): boolean =>
    settled.every(({ column, request }, i) => column !== id || estimates[i]?.data?.stored === request.samples.length);
  return {
    etaSeconds: known.length > 0 && known.length === etas.length ? known.reduce((a, b) => a + b, 0) : null,
    stored: estimates.reduce((sum, { data }) => sum + (data?.stored ?? 0), 0),
    total: settled.reduce((sum, { request }) => sum + request.samples.length, 0),
    storedColumns: new Set(settled.map(({ column }) => column).filter(isStored)),
    errors: Object.fromEntries(
      fields.flatMap(({ column, body }) => (column === selected ? [[body.field ?? "", body]] : [])),
    ),
    elsewhere: new Map(
      fields.flatMap(({ column, body }) => (column === undefined || column === selected ? [] : [[column, body]])),
    ),
    error: refusals.find(({ body }) => !isField(body))?.body ?? null,
    current: JSON.stringify(settled) === JSON.stringify(requests),
    known: estimates.every(({ data, error }) => data !== undefined || error !== null),
    retry: () => estimates.forEach((estimate) => void estimate.refetch()),
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
