import { Loader } from "@mantine/core";
import { useEffect, useMemo, type ReactElement, type ReactNode } from "react";

import { errorBody, toErrorBody } from "../api/errors";
import { useExplorer, useExplorers } from "../api/queries";
import { restartExplorer } from "../api/routes";
import type { ConnectionState } from "../api/stream";
import type { ExplorerDetail, ExplorerSummary } from "../api/types";
import { useLive } from "../state/live";
import { useAsk } from "../state/services";
import { TESTID } from "../testids";
import { useText, type Text } from "../text";
import { localise, phrase } from "../text/localise";
import classes from "./App.module.css";
import { ErrorNote } from "./ErrorNote";
import { Header } from "./Header";
import { Main } from "./Main";
import { MissingLanguage } from "./MissingLanguage";
import { Workbench } from "./Workbench";

export function App(): ReactElement {
  const connection = useLive();
  const ask = useAsk();
  const explorers = useExplorers();
  const list = explorers.data?.explorers ?? [];
  const id = chosen(list, ask.explorer);
  const text = useText();
  const explorer = useLocalised(text, useExplorer(id));
  const title = explorer.data ? text.title(explorer.data.description?.name ?? explorer.data.name) : text.name;
  useEffect(() => {
    document.title = title;
  }, [title]);

  return (
    <div className={classes.app}>
      <Header
        explorers={list}
        id={id}
        current={explorer.data ?? null}
        mayReload={explorers.data !== undefined && explorers.data.mode !== "demo"}
      />
      <Connection state={connection} />
      <MissingLanguage />
      <Content explorers={explorers} id={id} explorer={explorer} missing={missing(text, list, id, ask.explorer)} />
    </div>
  );
}

/** The explorer in the language of the page. */
function useLocalised(text: Text, { data, error, refetch }: Query<ExplorerDetail>): Query<ExplorerDetail> {
  const localised = useMemo(
    () => data && { ...data, description: data.description ? localise(text, data.description) : null },
    [text, data],
  );
  return { data: localised, error, refetch };
}

/** The explorer that the address names, or the first. With several, a wrong name is not taken for another. */
function chosen(list: readonly ExplorerSummary[], wanted: string | null): string | null {
  const found = list.find(({ id }) => id === wanted);
  return (found ?? (wanted === null || list.length === 1 ? list[0] : undefined))?.id ?? null;
}

/** Why there is nothing to show. */
function missing(text: Text, list: readonly ExplorerSummary[], id: string | null, wanted: string | null): string {
  return id === null && wanted !== null && list.length > 0 ? text.chooser.unknown(wanted) : text.explorerState.none;
}

interface Query<T> {
  data: T | undefined;
  error: unknown;
  refetch: () => unknown;
}

interface ContentProps {
  explorers: Query<unknown>;
  id: string | null;
  explorer: Query<ExplorerDetail>;
  missing: string;
}

function Content({ explorers, id, explorer, missing }: ContentProps): ReactElement {
  const text = useText();
  const failed = [explorers, explorer].find((query) => query.error !== null && query.data === undefined);
  if (failed)
    return (
      <Centre>
        <ErrorNote error={toErrorBody(failed.error)} onRetry={() => void failed.refetch()} />
      </Centre>
    );
  if (explorers.data !== undefined && id === null) return <Centre>{missing}</Centre>;
  const { data } = explorer;
  if (!data) return <Loading />;
  if (data.state === "failed" && !data.description)
    return (
      <Centre>
        <ErrorNote
          title={text.explorerState.failed}
          error={data.error ?? errorBody("failed", "")}
          onRetry={() => void restartExplorer(data.id).finally(() => explorer.refetch())}
        />
      </Centre>
    );
  if (!data.description) return <Loading explorer={data} />;
  return <Workbench key={data.id} explorer={data} description={data.description} />;
}

function Loading({ explorer }: { explorer?: ExplorerSummary }): ReactElement {
  const text = useText();
  return (
    <Centre>
      <Loader color="gray" size="md" aria-hidden="true" />
      <p className={classes.loading} role="status">
        {explorer?.stage ? phrase(text, explorer.stage) : text.explorerState.loading}
      </p>
      <p className={classes.hint}>{text.explorerState.loadingHint}</p>
    </Centre>
  );
}

function Centre({ children }: { children: ReactNode }): ReactElement {
  return <Main className={classes.centre}>{children}</Main>;
}

function Connection({ state }: { state: ConnectionState }): ReactElement | null {
  const text = useText();
  if (state === "open" || state === "connecting") return null;
  return (
    <p className={classes.connection} role="status" data-testid={TESTID.connection} data-state={state}>
      {text.connection[state]}
    </p>
  );
}
