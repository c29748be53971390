import { Button, Drawer } from "@mantine/core";
import { useDisclosure, useMediaQuery } from "@mantine/hooks";
import { lazy, memo, Suspense, useEffect, useRef, type ReactElement } from "react";

import { errorBody } from "../api/errors";
import { restartExplorer } from "../api/routes";
import type { Description, ExplorerDetail, Notice } from "../api/types";
import { ArgumentsForm } from "../controls/ArgumentsForm";
import { BaselineSelect } from "../controls/BaselineSelect";
import { BrowseBar } from "../controls/BrowseBar";
import { ColumnNote } from "../controls/ColumnNote";
import { DisplayBar } from "../controls/DisplayBar";
import { FetchBar } from "../controls/FetchBar";
import { Sliders } from "../controls/icons";
import { LayerSelect } from "../controls/LayerSelect";
import { MethodSelect } from "../controls/MethodSelect";
import { ModelSelect } from "../controls/ModelSelect";
import { PrecisionSelect } from "../controls/PrecisionSelect";
import { PresetSelect } from "../controls/PresetSelect";
import { SmoothingControl } from "../controls/SmoothingControl";
import { TargetSelect } from "../controls/TargetSelect";
import { useAsk, useView, useWarnings } from "../state/services";
import { unmetWishes } from "../state/settings";
import { TESTID } from "../testids";
import { noticeText, useText, type Text } from "../text";
import { phrase } from "../text/localise";
import { ErrorNote } from "./ErrorNote";
import { FirstHint } from "./FirstHint";
import { GridHead } from "./grid/GridHead";
import { useShortcuts } from "./keyboard";
import { Main } from "./Main";
import classes from "./Workbench.module.css";
import { SamplesView } from "./samples/SamplesView";
import { useStoredMaps } from "./stored";
import { useNewSubject, useSubject } from "./workspace";
import { WorkspaceProvider } from "./WorkspaceProvider";

interface WorkbenchProps {
  explorer: ExplorerDetail;
  description: Description;
}

/** An explorer at work: settings at the side, samples in the middle. */
export function Workbench({ explorer, description }: WorkbenchProps): ReactElement {
  const text = useText();
  const subject = useNewSubject(explorer, description);
  if (!subject) return <Main className={classes.nothing}>{text.explorerState.noMethods}</Main>;
  return (
    <WorkspaceProvider subject={subject}>
      <StoredMaps />
      <Layout />
    </WorkspaceProvider>
  );
}

function StoredMaps(): null {
  useStoredMaps();
  return null;
}

/** Below this width the settings move into a drawer. */
const NARROW = "(max-width: 70em)";

const DetailView = lazy(() => import("./detail/DetailView"));
const PresentView = lazy(() => import("./present/PresentView"));

function Layout(): ReactElement {
  const narrow = useMediaQuery(NARROW, false, { getInitialValueInEffect: false });
  const { kind } = useView();
  useShortcuts();
  useReturn();
  const presents = kind === "present";
  return (
    <div className={classes.layout}>
      {!narrow && !presents && <Rail />}
      <Main className={presents ? classes.stage : classes.main}>
        {kind === "grid" ? (
          <>
            <Notices />
            <div className={classes.bars}>
              <BrowseBar />
              <DisplayBar />
              <GridHead />
            </div>
            <FirstHint />
            <SamplesView />
          </>
        ) : (
          <Suspense fallback={null}>
            {presents ? (
              <PresentView />
            ) : (
              <>
                <Notices />
                <DetailView />
              </>
            )}
          </Suspense>
        )}
      </Main>
      {narrow && !presents && <NarrowFoot />}
    </div>
  );
}

/** Back among all samples, the keyboard is at the one that was looked at. */
function useReturn(): void {
  const { kind, sample } = useView();
  const looked = useRef<number | null>(null);
  useEffect(() => {
    if (kind !== "grid") {
      looked.current = sample;
      return;
    }
    if (looked.current === null) return;
    const card = document.querySelector(`article[data-sample="${looked.current}"]`);
    card?.scrollIntoView({ block: "center" });
    card?.querySelector<HTMLElement>(`[data-testid="${TESTID.open}"]`)?.focus({ preventScroll: true });
    looked.current = null;
  }, [kind, sample]);
}

function Rail(): ReactElement {
  const text = useText();
  return (
    <aside className={classes.rail} aria-label={text.settings.title} data-testid={TESTID.controls}>
      <div className={classes.scroll} tabIndex={-1}>
        <Controls />
      </div>
      <div className={classes.foot}>
        <FetchBar />
      </div>
    </aside>
  );
}

function NarrowFoot(): ReactElement {
  const text = useText();
  const [opened, { open, close }] = useDisclosure(false);
  return (
    <>
      {/* Locking the scroll would insert a style element that the security policy refuses. */}
      <Drawer
        opened={opened}
        onClose={close}
        title={text.settings.title}
        size="min(22rem, 92vw)"
        lockScroll={false}
        padding={0}
        closeButtonProps={{ "aria-label": text.close }}
        classNames={{ header: classes.drawerHeader }}
        // Where it is drawn has a margin.
        styles={{ inner: { insetInline: 0 } }}
      >
        <div data-testid={TESTID.controls}>
          <Controls />
        </div>
      </Drawer>
      <aside className={classes.narrowFoot} aria-label={text.fetch.button}>
        <Button variant="default" size="md" leftSection={<Sliders />} onClick={open}>
          {text.settings.open}
        </Button>
        <div className={classes.narrowFetch}>
          <FetchBar />
        </div>
      </aside>
    </>
  );
}

/** Redrawn when a setting changes, not whenever a job advances. */
const Controls = memo(function Controls(): ReactElement {
  const { settings } = useSubject();
  return (
    <>
      <ColumnNote />
      <ModelSelect />
      <PresetSelect />
      <MethodSelect />
      <ArgumentsForm key={`${settings.id} ${settings.method.id}`} />
      <LayerSelect />
      <TargetSelect />
      <BaselineSelect />
      <SmoothingControl />
      <PrecisionSelect />
    </>
  );
});

/** What the reader should know about the explorer and the models shown; a restart of the worker among it. */
function Notices(): ReactElement | null {
  const text = useText();
  const { explorer, description, models } = useSubject();
  const warnings = useWarnings();
  const unmet = unmetWishes(useAsk(), explorer, description);
  const notices: { about: string | null; notice: Notice }[] = [
    ...warnings.map((notice) => ({ about: null, notice })),
    ...description.notices.map((notice) => ({ about: null, notice })),
    ...models.flatMap((model) => model.notices.map((notice) => ({ about: model.name, notice }))),
  ];
  const failed = explorer.state === "failed";
  const coming = comingWords(text, explorer);
  if (notices.length + unmet.length === 0 && coming === null && !failed) return null;
  return (
    <div className={classes.notices}>
      {failed && (
        <ErrorNote
          title={text.explorerState.stopped}
          error={explorer.error ?? errorBody("failed", "")}
          onRetry={() => void restartExplorer(explorer.id)}
        />
      )}
      {coming !== null && (
        <p role="status" data-testid={TESTID.notice} data-code={explorer.state}>
          {coming}
        </p>
      )}
      {unmet.map(({ kind, wanted, shown }) => (
        <p key={`${kind} ${wanted}`} role="status" data-testid={TESTID.notice} data-code={`unmet_${kind}`}>
          {text.explorerState.unmet[kind](wanted, shown)}
        </p>
      ))}
      {notices.map(({ about, notice }) => (
        <p key={`${about ?? ""} ${notice.code}`} data-testid={TESTID.notice} data-code={notice.code}>
          {about !== null && <strong>{about}: </strong>}
          {noticeText(text, notice)}
        </p>
      ))}
    </div>
  );
}

/** Why a Fetch would have to wait for the models. */
function comingWords(text: Text, { state, stage }: ExplorerDetail): string | null {
  if (state === "recovering") return text.explorerState.recovering;
  return state === "loading" ? [text.explorerState.reloading, ...(stage ? [phrase(text, stage)] : [])].join(" ") : null;
}
