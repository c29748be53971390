import { Button, Loader } from "@mantine/core";
import type { ReactElement } from "react";

import { toErrorBody } from "../../api/errors";
import { isGrowing } from "../../api/queries";
import { restartExplorer } from "../../api/routes";
import type { SamplePage } from "../../api/types";
import { isFiltered, SCAN_STEP } from "../../state/page";
import { changePage, useBrowse, useDisplay } from "../../state/services";
import { TESTID } from "../../testids";
import { useText, type Text } from "../../text";
import { ErrorNote } from "../ErrorNote";
import { useColumnsOf } from "../columns";
import { GridBody } from "../grid/GridBody";
import { useSharedLimits } from "../shared";
import { OwnSamples } from "../own/OwnSamples";
import { useShown, useSubject } from "../workspace";
import { SampleCard } from "./SampleCard";
import classes from "./SamplesView.module.css";

export function SamplesView(): ReactElement {
  const text = useText();
  const display = useDisplay();
  const sharedLimits = useSharedLimits();
  const columnsOf = useColumnsOf();
  const { explorer } = useSubject();
  const { samples } = useShown();
  const { page, items, error, outdated, retry } = samples;

  return (
    <>
      <ScanLine />
      <OwnSamples />
      {error !== null && (
        <div className={classes.wide}>
          <ErrorNote title={text.errors.samples} error={toErrorBody(error)} onRetry={retry} />
        </div>
      )}
      {!page && error === null && <Skeletons />}
      <GridBody outdated={outdated} busy={outdated || page === undefined}>
        {items.map((sample, i) => (
          <SampleCard
            key={sample.index}
            explorer={explorer.id}
            sample={sample}
            display={display}
            sharedLimits={sharedLimits}
            first={i === 0}
            columns={columnsOf(sample)}
          />
        ))}
      </GridBody>
    </>
  );
}

/** How far the dataset was read for this question, and why reading stopped. */
function ScanLine(): ReactElement | null {
  const text = useText();
  const browse = useBrowse();
  const { explorer, description } = useSubject();
  const { samples } = useShown();
  const { page } = samples;
  if (!page) return null;
  const { items } = page;
  const plain = browse.order === "dataset" && !isFiltered(browse);
  const name = (index: number | null): string | null =>
    index === null ? null : (description.classes?.[index] ?? String(index));
  const what = text.browse.conditions(browse.correct, name(browse.predicted), name(browse.label));
  const growing = isGrowing(page);
  const index = typeof page.error?.params?.index === "number" ? page.error.params.index : null;
  const nothing = items.length === 0 && !growing;

  return (
    <>
      {!plain && (
        <p className={classes.scan} role="status" data-testid={TESTID.scanned} data-state={page.state}>
          {growing && <Loader size={12} color="gray" aria-hidden="true" />}
          <span>{text.browse.scanned(page.scanned, page.matched, what)}</span>
          {page.state === "idle" && (
            <Button
              size="compact-sm"
              variant="subtle"
              onClick={() => changePage({ browse: { scan: Math.max(browse.scan, page.scanned) + SCAN_STEP } })}
            >
              {text.browse.scanMore(SCAN_STEP)}
            </Button>
          )}
          {page.state === "exhausted" && <span>{text.browse.wholeDataset}</span>}
        </p>
      )}
      {page.error && (
        <div className={classes.wide}>
          <ErrorNote
            title={text.browse.stopped(index)}
            error={page.error}
            onRetry={() => void restartExplorer(explorer.id).finally(samples.retry)}
          />
        </div>
      )}
      {nothing && plain && !page.error && (
        <p className={classes.empty} role="status" data-testid={TESTID.nothing}>
          {pastEnd(text, page, explorer.limits.scan, description.dataset_length)}
          {page.start > 0 && <ToStart />}
        </p>
      )}
      {nothing && !plain && page.start > 0 && (
        <p className={classes.empty} role="status" data-testid={TESTID.nothing}>
          {text.browse.onlyMatches(page.matched)}
          <ToStart />
        </p>
      )}
      {plain && growing && items.length === 0 && (
        <p className={classes.scan} role="status">
          <Loader size={12} color="gray" aria-hidden="true" />
          {page.start > 0 ? text.browse.scanningTo(page.scanned, page.start + 1) : text.browse.scanning}
          {page.start > 0 && <ToStart />}
        </p>
      )}
    </>
  );
}

/** Reading stops where nobody looks. */
function ToStart(): ReactElement {
  const text = useText();
  return (
    <Button size="compact-sm" variant="default" onClick={() => changePage({ browse: { start: 0 } })}>
      {text.browse.toStart}
    </Button>
  );
}

/** Why no sample is at a place of the dataset. */
function pastEnd(text: Text, page: SamplePage, limit: number, length: number | null): string {
  if (page.state === "exhausted") return page.scanned === 0 ? text.browse.empty : text.browse.only(page.scanned);
  return length !== null && length <= limit ? text.browse.onlySaid(length) : text.browse.noneRead(limit);
}

function Skeletons(): ReactElement {
  const text = useText();
  const { count } = useSubject();
  return (
    <div className={classes.grid} role="status" aria-label={text.browse.scanning}>
      {Array.from({ length: Math.min(count, 8) }, (_, i) => (
        <div key={i} className={classes.skeleton} />
      ))}
    </div>
  );
}
