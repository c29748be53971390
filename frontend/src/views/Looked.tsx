import { ActionIcon, Button, Loader } from "@mantine/core";
import type { ReactElement, ReactNode } from "react";

import { toErrorBody } from "../api/errors";
import type { Sample } from "../api/types";
import { ChevronLeft, ChevronRight } from "../controls/icons";
import { allLabels } from "../state/labels";
import { isOwn } from "../state/own";
import { changePage, resetFilters, useView } from "../state/services";
import { useText } from "../text";
import { ErrorNote } from "./ErrorNote";
import classes from "./Looked.module.css";
import { lookAtAll, useSampleSteps, type Looked } from "./looking";
import { nameOf } from "./own/SampleName";
import { useShown, useSubject } from "./workspace";

interface LookedHeadProps {
  sample: Sample | null;
  leave: { label: string; go: () => void };
  labelled?: boolean;
  children: ReactNode;
}

/** Which sample is looked at, the way to its neighbours, and the way out. */
export function LookedHead({ sample, leave, labelled = true, children }: LookedHeadProps): ReactElement {
  const text = useText();
  const { description } = useSubject();
  const { previous, next } = useSampleSteps();
  return (
    <header className={classes.head}>
      <Button size="xs" variant="default" leftSection={<ChevronLeft />} onClick={leave.go}>
        {leave.label}
      </Button>
      <div className={classes.steps}>
        <ActionIcon
          variant="default"
          size="md"
          aria-label={text.detail.previous}
          disabled={previous === null}
          onClick={() => previous?.()}
        >
          <ChevronLeft />
        </ActionIcon>
        <h2 className={classes.title} aria-live="polite">
          {sample && (isOwn(sample.index) ? nameOf(text, sample, description) : text.detail.title(sample.index))}
        </h2>
        <ActionIcon
          variant="default"
          size="md"
          aria-label={text.detail.next}
          disabled={next === null}
          onClick={() => next?.()}
        >
          <ChevronRight />
        </ActionIcon>
      </div>
      {sample && labelled && (sample.label !== null || sample.no_class || !isOwn(sample.index)) && (
        <span className={classes.label}>
          {allLabels(sample)
            .map(({ name }) => name)
            .join(text.separator) || (sample.no_class ? text.sample.noClass : text.sample.noLabel)}
        </span>
      )}
      <span className={classes.end}>{children}</span>
    </header>
  );
}

/** Why there is no sample to look at, and what to do. */
export function NotThere({ looked }: { looked: Looked }): ReactElement | null {
  const text = useText();
  const { sample: wanted } = useView();
  const { samples } = useShown();
  if (looked.sample) return null;
  if (looked.why === "error")
    return (
      <div className={classes.none}>
        <ErrorNote title={text.errors.samples} error={toErrorBody(samples.error)} onRetry={samples.retry} />
      </div>
    );
  if (looked.why === "loading")
    return (
      <p className={classes.none} role="status">
        <Loader size="sm" color="gray" aria-hidden="true" />
        {text.detail.loading}
      </p>
    );
  const isThere = looked.why === "missing" && wanted !== null;
  return (
    <div className={classes.none} role="status">
      <span>
        {looked.why === "absent" && wanted !== null ? text.detail.absent(wanted) : text.detail.missing(wanted)}
      </span>
      <span className={classes.ways}>
        {isThere && (
          <Button
            size="compact-sm"
            variant="default"
            onClick={() => {
              resetFilters();
              changePage({ browse: { order: "dataset", start: wanted } });
            }}
          >
            {text.detail.showAnyway}
          </Button>
        )}
        <Button size="compact-sm" variant="default" onClick={lookAtAll}>
          {text.detail.back}
        </Button>
      </span>
    </div>
  );
}
